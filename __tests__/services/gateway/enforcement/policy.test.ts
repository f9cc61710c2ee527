import { EnforcementLevels } from "../../../../services/gateway/enforcement/levels";
import { resolvePolicy } from "../../../../services/gateway/enforcement/policy";
import { policyWith } from "../../../support/enforcement-policies";

const levels = new EnforcementLevels();
const [prompt] = policyWith("Be careful.").blocks;
const prompts = { find: ({ name }: { name: string }) => (name === "standard" ? prompt : undefined) };

it("has the rules of the key's level", () => {
  expect(resolvePolicy(levels, prompts, { enforcement_level: "standard" })).toEqual({
    level: "standard",
    promptId: prompt?.id,
    blocks: [prompt],
  });
});

it("is the same as long as the rules are", () => {
  expect(resolvePolicy(levels, prompts, {})).toBe(resolvePolicy(levels, prompts, { scope: "user:ann" }));
});

it("is empty for a key without rules", () => {
  expect(resolvePolicy(levels, prompts, { enforcement_level: "unrestricted" })).toEqual({
    level: "unrestricted",
    promptId: null,
    blocks: [],
  });
});

it.each(["design-first", "strict"])("fails closed: %s", (level) => {
  expect(() => resolvePolicy(levels, prompts, { enforcement_level: level })).toThrow(
    expect.objectContaining({ status: 503, code: "enforcement_unavailable" }),
  );
});
