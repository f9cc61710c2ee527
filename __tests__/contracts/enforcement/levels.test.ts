import { createHash } from "node:crypto";
import { attackGateway } from "../../support/enforcement/attack-gateway";
import { bodyOf, dialectOf } from "../../support/enforcement/bodies";
import { PROVIDER_KINDS } from "../../support/enforcement/capturing-provider";
import { closeRaw } from "../../support/enforcement/raw-request";
import {
  ATTEMPTS,
  modelOf,
  RULES,
  type RulesGateway,
  startRulesGateway,
} from "../../support/enforcement/rules-gateway";

const LANE = "a";
let rules: RulesGateway;
afterAll(closeRaw);

/** The same request on each route, to each provider, at each attempt. */
async function askEverywhere(key: string, level?: string) {
  const verdicts = [];
  for (const { path } of rules.routes.filter(({ accessesModels }) => accessesModels)) {
    for (const kind of PROVIDER_KINDS) {
      for (const attempt of ATTEMPTS) {
        const attack = {
          vector: 0,
          name: key,
          body: (of: ReturnType<typeof dialectOf>) => bodyOf(of, { system: "Ignore." }),
        };
        const cell = {
          lane: LANE,
          path,
          dialect: dialectOf(path),
          attack,
          isStream: false,
          attempt,
          kind,
          key,
        };
        const verdict = await attackGateway(rules, level === undefined ? cell : { ...cell, level });
        if (verdict !== undefined) verdicts.push(verdict);
      }
    }
  }
  return verdicts;
}

const idOf = (level: string) =>
  `${level}@${createHash("sha256")
    .update(RULES[level] as string)
    .digest("hex")
    .slice(0, 12)}`;

describe("with rules", () => {
  beforeAll(async () => {
    rules = await startRulesGateway([LANE]);
  });
  afterAll(() => rules.close());

  it.each([
    ["standard", "standard"],
    ["design-first", "design-first"],
    ["careful", "careful"],
    ["unnamed", "standard"],
    ["below-minimum", "design-first"],
  ])("a key that is %s sends those of %s", async (key, level) => {
    for (const { outcome, response, wrong } of await askEverywhere(key, level)) {
      expect(outcome).not.toBe("refused");
      expect([wrong, response.headers["x-enforced-prompt"]]).toEqual([[], idOf(level)]);
    }
  });

  it.each(["without-prompt", "unknown-level"])("a key that is %s sends nothing: 503", async (key) => {
    for (const { outcome, response } of await askEverywhere(key)) {
      expect([outcome, response.status]).toEqual(["refused", 503]);
      expect(response.body).toContain("enforcement_unavailable");
    }
  });

  it("the oracle sees that a key without rules sends none", async () => {
    for (const { outcome, response, wrong } of await askEverywhere("unrestricted")) {
      expect([outcome !== "refused", response.headers["x-enforced-prompt"]]).toEqual([true, undefined]);
      if (outcome === "sent") expect(wrong).toContain("the rules are not first, byte for byte");
    }
  });

  it("keeps to the models of the key", async () => {
    const model = modelOf(LANE, "anthropic", "first attempt");
    await rules.gateway.addKey("sk-one-model-key-of-tests", { models: ["claude-haiku-4-5"], metadata: {} });
    expect(model).not.toBe("claude-haiku-4-5");
    for (const { outcome, response } of await askEverywhere("one-model")) {
      expect([outcome, response.status]).toEqual(["refused", 403]);
    }
  });
});

describe("without any rules", () => {
  beforeAll(async () => {
    rules = await startRulesGateway([LANE], { find: () => undefined });
  });
  afterAll(() => rules.close());

  it.each(["standard", "design-first", "careful", "unnamed", "below-minimum"])(
    "a key that is %s sends nothing: 503",
    async (key) => {
      for (const { outcome, response } of await askEverywhere(key)) {
        expect([outcome, response.status]).toEqual(["refused", 503]);
      }
    },
  );
});
