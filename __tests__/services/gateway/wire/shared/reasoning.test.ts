import { findCapabilities } from "../../../../../services/gateway/wire/shared/model-capabilities";
import {
  planReasoning,
  type ReasoningContext,
  type ReasoningOptions,
} from "../../../../../services/gateway/wire/shared/reasoning";

const plan = (options: ReasoningOptions, model: string, context: Partial<ReasoningContext> = {}) =>
  planReasoning(options, {
    capabilities: findCapabilities(model),
    maxTokens: undefined,
    maxOutputTokens: 64_000,
    refusesBudget: false,
    ...context,
  });

describe("a model that thinks by a budget", () => {
  const model = "claude-haiku-4-5";

  it.each<[ReasoningOptions, number | undefined]>([
    [{ kind: "default" }, undefined],
    [{ kind: "off" }, undefined],
    [{ kind: "effort", effort: "minimal" }, undefined],
    [{ kind: "effort", effort: "low" }, 4096],
    [{ kind: "effort", effort: "high" }, 16_384],
    [{ kind: "adaptive" }, 8192],
    [{ kind: "budget", tokens: 2000 }, 2000],
    [{ kind: "budget", tokens: 10 }, 1024],
  ])("%j has a budget of %j", (options, budget) => {
    const { thinking, isByBudget } = plan(options, model, { maxTokens: 10_000 });
    expect(thinking?.["budget_tokens"]).toBe(budget);
    expect(isByBudget).toBe(budget !== undefined);
  });

  it("gets the budget on top of the answer's tokens, but not where the client counted it in", () => {
    expect(plan({ kind: "effort", effort: "low" }, model, { maxTokens: 1000 }).maxTokens).toBe(5096);
    expect(plan({ kind: "budget", tokens: 4096 }, model, { maxTokens: 10_000 }).maxTokens).toBe(10_000);
  });

  it("leaves at least half for the answer where both do not fit", () => {
    const { thinking, maxTokens } = plan({ kind: "effort", effort: "high" }, model, {
      maxTokens: 8000,
      maxOutputTokens: 8000,
    });
    expect([thinking?.["budget_tokens"], maxTokens]).toEqual([4000, 8000]);
  });

  it("does not think where it would refuse to", () => {
    expect(plan({ kind: "effort", effort: "high" }, model, { refusesBudget: true })).toMatchObject({
      thinking: undefined,
      isOn: false,
      degradations: ["reasoning=off"],
    });
  });
});

describe("a model that thinks as it sees fit", () => {
  const model = "claude-opus-4-6";

  it("is told the effort, and to show its thinking unless that is hidden", () => {
    expect(plan({ kind: "effort", effort: "low" }, model)).toMatchObject({
      thinking: { type: "adaptive", display: "summarized" },
      effort: "low",
      isOn: true,
    });
    expect(plan({ kind: "adaptive", isHidden: true }, model).thinking).toEqual({
      type: "adaptive",
      display: "omitted",
    });
  });

  it("is told the nearest effort that it has, and the client which", () => {
    expect(plan({ kind: "effort", effort: "minimal" }, model)).toMatchObject({
      effort: "low",
      degradations: ["reasoning=low"],
    });
  });

  it("can be told not to", () => {
    expect(plan({ kind: "off" }, model).thinking).toEqual({ type: "disabled" });
  });
});

test("a model that always thinks does so as little as it can", () => {
  const { thinking, isOn, degradations } = plan({ kind: "off" }, "claude-fable-5");
  expect([thinking, isOn, degradations]).toEqual([undefined, true, ["reasoning=low"]]);
});
