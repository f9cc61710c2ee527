import { PATTERNS } from "../../../../services/gateway/guardrails/patterns";
import {
  resolveScreening,
  SCREENING_OFF,
  type ScreeningSettings,
  selectPatterns,
} from "../../../../services/gateway/guardrails/screening";

const MASK: ScreeningSettings = { ...SCREENING_OFF, action: "mask" };
const resolved = (settings: ScreeningSettings, guardrails?: unknown) => {
  const screening = resolveScreening(settings, guardrails === undefined ? {} : { guardrails });
  return screening === undefined ? "off" : [screening.action, screening.patterns.length];
};
const ALL = PATTERNS.length;

describe("resolveScreening", () => {
  it.each([
    ["nothing, and the default is off", SCREENING_OFF, undefined, "off"],
    ["nothing, and the default is to mask", MASK, undefined, ["mask", ALL - 1]],
    ["null", MASK, null, ["mask", ALL - 1]],
    ["off", MASK, { screen: "off" }, "off"],
    ["mask", SCREENING_OFF, { screen: "mask" }, ["mask", ALL - 1]],
    ["block", MASK, { screen: "block" }, ["block", ALL - 1]],
    ["patterns alone", MASK, { patterns: ["jwt", "email"] }, ["mask", 2]],
    ["patterns alone where the default is off", SCREENING_OFF, { patterns: ["jwt"] }, "off"],
    [
      "the default patterns and one more",
      MASK,
      { screen: "block", patterns: ["default", "email"] },
      ["block", ALL],
    ],
    ["nulls inside", MASK, { screen: null, patterns: null }, ["mask", ALL - 1]],
  ] as const)("a key says %s", (_name, settings, guardrails, expected) =>
    expect(resolved(settings, guardrails)).toEqual(expected),
  );

  it.each([
    [
      "on",
      "metadata.guardrails of this key is of kind boolean, which is not known. Allowed: an object",
      true,
    ],
    ["a list", "metadata.guardrails of this key is of kind list", []],
    [
      "an action that is not there",
      'metadata.guardrails.screen of this key is "Block", which is not known. Allowed: off, mask, block',
      { screen: "Block" },
    ],
    [
      "an action of another kind",
      "metadata.guardrails.screen of this key is of kind boolean",
      { screen: true },
    ],
    [
      "a name that is not there",
      'metadata.guardrails of this key is "action", which is not known. Allowed: screen and patterns',
      { action: "block" },
    ],
    [
      "a pattern that is not there",
      'metadata.guardrails.patterns of this key is "swift", which is not known. Allowed: a list of default, private-key',
      { patterns: ["jwt", "swift"] },
    ],
    ["no patterns", "metadata.guardrails.patterns of this key is of kind list", { patterns: [] }],
    ["patterns of another kind", 'metadata.guardrails.patterns of this key is "jwt"', { patterns: "jwt" }],
  ])("refuses every request when a key says %s", (_name, message, guardrails) => {
    const error = (() => {
      try {
        return resolveScreening(SCREENING_OFF, { guardrails });
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toMatchObject({ status: 503, code: "guardrails_unavailable" });
    expect((error as Error).message).toContain(message);
  });
});

describe("selectPatterns", () => {
  it("gives each once, in the order of the table", () =>
    expect(selectPatterns(["jwt", "email", "jwt", "private-key"])?.map(({ id }) => id)).toEqual([
      "private-key",
      "jwt",
      "email",
    ]));

  it("gives nothing when one is not known", () => expect(selectPatterns(["jwt", 1])).toBeUndefined());
});
