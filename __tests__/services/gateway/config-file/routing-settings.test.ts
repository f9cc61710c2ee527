import { parseConfigFile } from "../../../../services/gateway/config-file/parse";
import { readRoutingSettings, readTimeouts } from "../../../../services/gateway/config-file/routing-settings";

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

test("num_retries of all models holds where the router's says nothing", () => {
  const file = (more: string) =>
    readRoutingSettings(parseConfigFile(`model_list: []\nlitellm_settings: { num_retries: 4 }\n${more}`));
  expect(file("")).toMatchObject({ maxAttempts: 5 });
  expect(file("router_settings: { num_retries: 0 }")).toMatchObject({ maxAttempts: 1 });
});

describe("time limits", () => {
  const timeoutsOf = (params: string, more = "") => {
    const file = parseConfigFile(
      `model_list:\n  - { model_name: m, litellm_params: { model: anthropic/m${params} } }\n${more}`,
    );
    return file.model_list.map(({ litellm_params: of }) => readTimeouts(of, file))[0];
  };
  const ROUTER = "router_settings: { timeout: 20, stream_timeout: 2 }\n";
  const ALL = "litellm_settings: { request_timeout: 6000 }\n";

  test.each([
    ["", "", undefined],
    [", timeout: 30", "", { wholeMs: 30_000 }],
    [", stream_timeout: 0.5", "", { firstEventMs: 500 }],
    [", timeout: 30, stream_timeout: 3", ROUTER + ALL, { firstEventMs: 3000, wholeMs: 30_000 }],
    ["", ROUTER + ALL, { firstEventMs: 2000, wholeMs: 20_000 }],
    ["", ALL, { wholeMs: 6_000_000 }],
  ])("{ model%s } and %j: the nearest one holds", (params, more, expected) => {
    expect(timeoutsOf(params, more)).toEqual(expected);
  });

  test.each([
    [", timeout: 0", ""],
    [", timeout: 7201", ""],
    [", stream_timeout: soon", ""],
    [", max_retries: 6", ""],
    ["", "router_settings: { timeout: -1 }"],
    ["", "router_settings: { stream_timeout: 0 }"],
    ["", "litellm_settings: { request_timeout: 1e9 }"],
    ["", "litellm_settings: { num_retries: 11 }"],
  ])("{ model%s } and %j is refused with its place", (params, more) => {
    expect(() => timeoutsOf(params, more)).toThrow(/^config\.yaml:\d+:\d+ [\w.]+: must be/);
  });
});

test.each(["num_retries: -1", "num_retries: 99", "cooldown_time: soon", "allowed_fails: 1.5"])(
  "{ %s } is refused with its place",
  (settings) => {
    expect(() => read(settings)).toThrow(/^config\.yaml:2:\d+ router_settings\.\w+: must be/);
  },
);
