import { parseConfigFile } from "../../../../services/gateway/config-file/parse";
import { readRoutingSettings } from "../../../../services/gateway/config-file/routing-settings";

const read = (settings: string) =>
  readRoutingSettings(parseConfigFile(`model_list: []\nrouter_settings: { ${settings} }`));

test.each([
  ["", { maxAttempts: 3, allowedFails: 2, coolDownMs: 5000 }],
  [
    "num_retries: 0, allowed_fails: 0, cooldown_time: 1.5",
    { maxAttempts: 1, allowedFails: 0, coolDownMs: 1500 },
  ],
  ["cooldown_time: 9, disable_cooldowns: true", { coolDownMs: 0 }],
])("{ %s }", (settings, expected) => {
  expect(read(settings)).toMatchObject(expected);
});

test.each(["num_retries: -1", "num_retries: 99", "cooldown_time: soon", "allowed_fails: 1.5"])(
  "{ %s } is refused with its place",
  (settings) => {
    expect(() => read(settings)).toThrow(/^config\.yaml:2:\d+ router_settings\.\w+: must be/);
  },
);
