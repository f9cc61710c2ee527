import { quote, TranslationError } from "../../json/client-value";
import type { JsonObject } from "../../json/json-value";
import type { MessagesTarget } from "../internal/request";
import type { OutputPlan } from "./output-schema";
import type { DroppedMembers } from "./request-params";
import {
  renamedTools,
  type ToolChoice,
  type ToolDefinition,
  type ToolSelection,
  toToolStub,
  toTools,
  upstreamToolName,
} from "./tools";

/** What decides about the tools of a request. */
export interface ToolOptions {
  readonly definitions: readonly ToolDefinition[];
  readonly selection: ToolSelection;
  /** Names under which earlier calls are sent. */
  readonly usedNames: ReadonlySet<string>;
  readonly output: OutputPlan;
  /** Whether the model lets a tool be demanded, in this request. */
  readonly canForce: boolean;
  readonly api: MessagesTarget["api"];
  /** Whether the model can be held to the schemas of tools. */
  readonly canBeStrict: boolean;
  readonly dropped: DroppedMembers;
}

/** The tools of a request, and what their choice costs. */
export interface ToolPlan {
  readonly tools: readonly JsonObject[];
  readonly toolChoice: JsonObject | undefined;
  /** What the model is told instead of being made to. */
  readonly hints: readonly string[];
  /** The name that is sent → the client's. */
  readonly renamed: ReadonlyMap<string, string>;
  readonly hiddenJsonTool: string | undefined;
  /** Whether the model is only told to write JSON, so that it may put a fence around it. */
  readonly isJsonText: boolean;
  readonly degradations: readonly string[];
  readonly droppedParams: readonly string[];
}

/** @throws TranslationError for a choice of tools that are not there */
export function planTools(options: ToolOptions): ToolPlan {
  if (hasNoTools(options)) return NO_TOOLS;
  const offered = selectTools(options.definitions, options.selection.allowed);
  const tools = toTools(offered, {
    canBeStrict: options.canBeStrict,
    takesExtras: options.api === "anthropic",
    dropped: options.dropped,
  });
  const choice = requireOffered(options.selection.choice, offered);
  const demandsTool = tools.length > 0 && (choice?.kind === "tool" || choice?.kind === "required");
  const placed =
    options.output.kind === "tool" && !demandsTool
      ? placeAnswerTool(tools, choice, options.output, options)
      : placeChoice(tools, choice, options);
  const droppedParams: string[] = [];
  let toolChoice = placed.toolChoice;
  if (!options.selection.isParallel && tools.length > 0 && toolChoice?.["type"] !== "none") {
    // Bedrock's InvokeModel takes nothing but the type and the name of a choice.
    if (options.api === "bedrock-invoke") droppedParams.push("parallel_tool_calls");
    else toolChoice = { ...(toolChoice ?? { type: "auto" }), disable_parallel_tool_use: true };
  }
  return {
    ...placed,
    toolChoice,
    droppedParams,
    renamed: renamedTools(options.definitions.map(({ name }) => name)),
  };
}

type Placed = Pick<
  ToolPlan,
  "tools" | "toolChoice" | "hints" | "hiddenJsonTool" | "isJsonText" | "degradations"
>;

const NO_TOOLS: ToolPlan = {
  tools: [],
  toolChoice: undefined,
  hints: [],
  renamed: new Map(),
  hiddenJsonTool: undefined,
  isJsonText: false,
  degradations: [],
  droppedParams: [],
};

/** Whether no tool is offered, was called, is asked for by name, or is needed to answer. */
function hasNoTools({ definitions, selection, usedNames, output }: ToolOptions): boolean {
  return (
    definitions.length === 0 &&
    usedNames.size === 0 &&
    output.kind !== "tool" &&
    selection.choice?.kind !== "tool" &&
    selection.allowed === undefined
  );
}

const UNCHANGED = { hints: [], hiddenJsonTool: undefined, isJsonText: false, degradations: [] };

function placeChoice(
  tools: readonly JsonObject[],
  choice: ToolChoice | undefined,
  { usedNames, canForce }: ToolOptions,
): Placed {
  if (tools.length === 0) {
    const stubs = [...usedNames].map(toToolStub);
    return { ...UNCHANGED, tools: stubs, toolChoice: stubs.length > 0 ? { type: "none" } : undefined };
  }
  if (choice === undefined) return { ...UNCHANGED, tools, toolChoice: undefined };
  // Without the tools the earlier part of the conversation would have to be read anew.
  if (choice.kind === "none") return { ...UNCHANGED, tools, toolChoice: { type: "none" } };
  if (choice.kind === "auto") return { ...UNCHANGED, tools, toolChoice: { type: "auto" } };
  const named = choice.kind === "tool" ? upstreamToolName(choice.name) : undefined;
  if (canForce) {
    return {
      ...UNCHANGED,
      tools,
      toolChoice: named === undefined ? { type: "any" } : { type: "tool", name: named },
    };
  }
  return {
    ...UNCHANGED,
    tools: named === undefined ? tools : tools.filter(({ name }) => name === named),
    toolChoice: { type: "auto" },
    hints: [
      named === undefined
        ? "Call one of the tools in this turn; do not answer with text alone."
        : `Call the tool ${named} in this turn; do not answer with text alone.`,
    ],
    degradations: ["tool_choice=auto"],
  };
}

/** The client wants JSON: a tool whose input is the answer makes the model give it. */
function placeAnswerTool(
  tools: readonly JsonObject[],
  choice: ToolChoice | undefined,
  output: Extract<OutputPlan, { kind: "tool" }>,
  { usedNames, canForce }: ToolOptions,
): Placed {
  const instructions = output.instruction === undefined ? [] : [output.instruction];
  const others = tools.length > 0 ? tools : [...usedNames].map(toToolStub);
  const competes = tools.length > 0 && choice?.kind !== "none";
  // A tool for any object at all is worth it only where it can be demanded.
  if (output.instruction !== undefined && (competes || !canForce)) {
    const toolChoice = others.length === 0 ? undefined : { type: competes ? "auto" : "none" };
    return {
      ...UNCHANGED,
      tools: others,
      toolChoice,
      hints: instructions,
      isJsonText: true,
      degradations: ["response_format=instruction"],
    };
  }
  const name = freeName(new Set(others.map((tool) => tool["name"])));
  const answerTool: JsonObject = { name, description: output.description, input_schema: output.schema };
  const placed = { tools: [...others, answerTool], hiddenJsonTool: name };
  if (canForce) {
    const toolChoice = competes ? { type: "any" } : { type: "tool", name };
    return { ...UNCHANGED, ...placed, toolChoice, hints: instructions };
  }
  return {
    ...UNCHANGED,
    ...placed,
    toolChoice: { type: "auto" },
    hints: [...instructions, `Give the final answer by calling the tool ${name}, not as text.`],
    degradations: ["response_format=auto"],
  };
}

function freeName(taken: ReadonlySet<unknown>): string {
  let name = "json_tool_call";
  while (taken.has(name)) name = `${name}_`;
  return name;
}

function selectTools(
  definitions: readonly ToolDefinition[],
  allowed: ToolSelection["allowed"],
): readonly ToolDefinition[] {
  if (allowed === undefined) return definitions;
  const offered = new Set(definitions.map(({ name }) => name));
  for (const { name, path } of allowed) requireTool(name, path, offered);
  const names = new Set(allowed.map(({ name }) => name));
  return definitions.filter(({ name }) => names.has(name));
}

function requireOffered(
  choice: ToolChoice | undefined,
  offered: readonly ToolDefinition[],
): ToolChoice | undefined {
  if (choice?.kind === "tool")
    requireTool(choice.name, choice.path, new Set(offered.map(({ name }) => name)));
  return choice;
}

function requireTool(name: string, path: string, offered: ReadonlySet<string>): void {
  if (offered.has(name)) return;
  throw new TranslationError(
    path,
    `${path} ${quote(name)} must be the name of one of the ${offered.size} tools`,
  );
}
