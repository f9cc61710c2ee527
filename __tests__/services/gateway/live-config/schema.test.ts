import { DEFAULT_PATTERNS } from "../../../../services/gateway/guardrails/screening";
import { parseConfigFile } from "../../../../services/gateway/live-config/load-catalog";
import { readGuardrailSettings } from "../../../../services/gateway/live-config/schema";

const read = (section: string) => {
  const file = parseConfigFile(`model_list: []\n${section}`);
  const { action, patterns } = readGuardrailSettings(file.guardrail_settings);
  return [action, patterns.map(({ id }) => id)];
};
const DEFAULT_IDS = DEFAULT_PATTERNS.map(({ id }) => id);

describe("guardrail_settings", () => {
  it.each([
    ["nothing", "", ["off", DEFAULT_IDS]],
    ["an action", "guardrail_settings: { default: mask }", ["mask", DEFAULT_IDS]],
    ["patterns", "guardrail_settings: { default: block, patterns: [jwt, iban] }", ["block", ["jwt", "iban"]]],
    [
      "more patterns",
      "guardrail_settings: { patterns: [default, email] }",
      ["off", [...DEFAULT_IDS, "email"]],
    ],
  ])("may say %s", (_name, section, expected) => expect(read(section)).toEqual(expected));

  it.each([
    [
      "guardrail_settings: { default: on }",
      "config.yaml:2:23 guardrail_settings.default: must be off, mask or block",
    ],
    [
      "guardrail_settings: { patterns: [swift] }",
      "config.yaml:2:34 guardrail_settings.patterns.0: must be one of default, private-key,",
    ],
    ["guardrail_settings: { patterns: [] }", "guardrail_settings.patterns: must name at least one pattern"],
    ["guardrail_settings: { action: mask }", "guardrail_settings.action: is not a known setting"],
  ])("may not say %s", (section, message) => expect(() => read(section)).toThrow(message));
});
