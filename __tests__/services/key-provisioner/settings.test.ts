import { EnforcementLevels } from "../../../services/gateway/enforcement/levels";
import { nextLevel, Settings } from "../../../services/key-provisioner/settings";
import { settingsText } from "../../support/services/provisioner-settings";

const SCOPES = ["workspace:1", "user:ada", "ci:team/front:end", "agent:review", "agent:write", "agents:x"];
const LEVELS = ["unrestricted", "standard", "design-first"];
const MINIMUMS = ["*", "workspace", "user", "ci", "agent", "agent:review", "agent:write"];

test("comes to the same level as the gateway, for every scope, level and minimum", () => {
  for (const of of MINIMUMS)
    for (const least of LEVELS) {
      const minimum = { [of]: least, "agent:write": "standard" };
      const settings = new Settings(settingsText({ minimum }));
      const gateway = new EnforcementLevels({ minimumByScope: minimum });
      for (const scope of SCOPES)
        for (const level of [undefined, ...LEVELS])
          expect([of, least, scope, level, settings.clamp(level, scope, null).name]).toEqual([
            ...[of, least, scope, level],
            gateway.levelOf({ scope, enforcement_level: level }).name,
          ]);
    }
});

test("a key that is there is tightened, and loosened with permission only", () => {
  const settings = new Settings(settingsText());
  const level = (name: string) => {
    const found = settings.level(name);
    if (found === undefined) throw new Error(name);
    return found;
  };
  const [loose, middle, strict] = LEVELS.map(level) as [
    ReturnType<typeof level>,
    ReturnType<typeof level>,
    ReturnType<typeof level>,
  ];
  expect(nextLevel(loose, undefined, undefined)).toBe(loose);
  expect(nextLevel(strict, loose, undefined)).toBe(strict);
  expect(nextLevel(loose, strict, undefined)).toBe(strict);
  expect(nextLevel(loose, strict, middle)).toBe(middle);
  expect(nextLevel(middle, strict, loose)).toBe(middle);
  expect(nextLevel(loose, middle, strict)).toBe(middle);
  expect(nextLevel(strict, "unknown", undefined)).toBe("unknown");
  expect(nextLevel(loose, "unknown", middle)).toBe(middle);
});

test.each([
  ["no JSON", "{", /CONFIG_FILE: is not JSON/],
  [
    "a level that there is not",
    settingsText({ users: { ada: "nonsense" } }),
    /users\.ada: there is no enforcement level nonsense/,
  ],
  ["a part missing", "{}", /CONFIG_FILE: scopes: /],
])("is refused with %s", (_what, text, error) => expect(() => new Settings(text)).toThrow(error));
