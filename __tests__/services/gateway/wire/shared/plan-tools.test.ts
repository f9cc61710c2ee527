import { TranslationError } from "../../../../../services/gateway/json/client-value";
import type { OutputPlan } from "../../../../../services/gateway/wire/shared/output-schema";
import { planTools, type ToolOptions } from "../../../../../services/gateway/wire/shared/plan-tools";
import { DroppedMembers } from "../../../../../services/gateway/wire/shared/request-params";
import type { ToolDefinition } from "../../../../../services/gateway/wire/shared/tools";

const define = (name: string, index: number): ToolDefinition => ({
  name,
  description: undefined,
  parameters: { type: "object", properties: {} },
  cacheControl: undefined,
  path: `tools.${index}`,
});
const plan = (names: readonly string[], options: Partial<ToolOptions> = {}) =>
  planTools({
    definitions: names.map(define),
    selection: { choice: undefined, isParallel: true },
    usedNames: new Set(),
    output: { kind: "none" },
    canForce: true,
    api: "anthropic",
    canBeStrict: true,
    dropped: new DroppedMembers(),
    ...options,
  });
const namesOf = ({ tools }: ReturnType<typeof plan>) => tools.map(({ name }) => name);
const chosen = (name: string) =>
  ({ choice: { kind: "tool", name, path: "tool_choice.name" }, isParallel: true }) as const;
const JSON_ANSWER: OutputPlan = {
  kind: "tool",
  schema: { type: "object", properties: {} },
  description: "d",
  instruction: undefined,
};

it("plans nothing for a request without tools", () => {
  expect(plan([])).toMatchObject({ tools: [], toolChoice: undefined, degradations: [] });
});

it("keeps a stub for tools that were called and are not offered any more", () => {
  const planned = plan([], { usedNames: new Set(["old"]) });
  expect([namesOf(planned), planned.toolChoice]).toEqual([["old"], { type: "none" }]);
});

it("demands the tool that the client names", () => {
  expect(plan(["a", "b"], { selection: chosen("b") }).toolChoice).toEqual({ type: "tool", name: "b" });
});

it("offers that tool alone, and tells the model, where it cannot be demanded", () => {
  const planned = plan(["a", "b"], { selection: chosen("b"), canForce: false });
  expect(namesOf(planned)).toEqual(["b"]);
  expect(planned).toMatchObject({
    toolChoice: { type: "auto" },
    hints: ["Call the tool b in this turn; do not answer with text alone."],
    degradations: ["tool_choice=auto"],
  });
});

it("refuses a choice of a tool that is not there", () => {
  expect(() => plan(["a"], { selection: chosen("z") })).toThrow(
    new TranslationError("tool_choice.name", 'tool_choice.name "z" must be the name of one of the 1 tools'),
  );
});

it("offers allowed tools only", () => {
  const allowed = [{ name: "b", path: "p" }];
  expect(namesOf(plan(["a", "b"], { selection: { choice: undefined, allowed, isParallel: true } }))).toEqual([
    "b",
  ]);
});

it("asks for one call at a time, except where the provider does not take it", () => {
  const selection = { choice: undefined, isParallel: false };
  expect(plan(["a"], { selection }).toolChoice).toEqual({ type: "auto", disable_parallel_tool_use: true });
  expect(plan(["a"], { selection, api: "bedrock-invoke" }).droppedParams).toEqual(["parallel_tool_calls"]);
});

describe("a tool whose input is the answer", () => {
  it("is demanded, and takes no name of the client's", () => {
    const planned = plan(["json_tool_call"], { output: JSON_ANSWER });
    expect(namesOf(planned)).toEqual(["json_tool_call", "json_tool_call_"]);
    expect(planned).toMatchObject({ hiddenJsonTool: "json_tool_call_", toolChoice: { type: "any" } });
  });

  it("is asked for in words where it cannot be demanded", () => {
    expect(plan([], { output: JSON_ANSWER, canForce: false })).toMatchObject({
      toolChoice: { type: "auto" },
      hints: ["Give the final answer by calling the tool json_tool_call, not as text."],
      degradations: ["response_format=auto"],
    });
  });

  it("gives way to words where any object will do and other tools may be called", () => {
    const output = { ...JSON_ANSWER, instruction: "JSON only." } as OutputPlan;
    expect(plan(["a"], { output })).toMatchObject({
      hiddenJsonTool: undefined,
      isJsonText: true,
      hints: ["JSON only."],
      degradations: ["response_format=instruction"],
    });
  });
});
