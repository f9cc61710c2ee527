import { TranslationError } from "../../json/client-value";
import type { JsonObject, Text } from "../../json/json-value";
import { isText, textOf } from "../../json/text";
import type {
  ContentBlock,
  MessageParam,
  MessagesRequest,
  MessagesTarget,
  TextBlock,
} from "../internal/request";
import { limitBreakpoints } from "./cache-control";
import { dropThinking, hasThinking, joinLists, lacksThinking, type TurnItem } from "./conversation";
import { type Effort, findCapabilities, type ModelCapabilities } from "./model-capabilities";
import { type OutputFormat, type OutputPlan, planOutput } from "./output-schema";
import { planTools } from "./plan-tools";
import { planReasoning, type ReasoningOptions } from "./reasoning";
import { MINIMAL_USER_TURN, repairTurns } from "./repair-turns";
import { DroppedMembers, fitSampling, maxTokensDegradation, type Sampling } from "./request-params";
import { opaqueId, type ToolDefinition, type ToolSelection } from "./tools";

/** A request of any of OpenAI's wire APIs, read. */
interface ParsedRequest {
  /** Without blank texts. */
  readonly system: readonly TextBlock[];
  readonly items: readonly TurnItem[];
  /** Where the conversation, and its last message, stand in the request. */
  readonly path: string;
  readonly lastPath: string;
  readonly tools: readonly ToolDefinition[];
  readonly selection: ToolSelection;
  readonly outputFormat: OutputFormat;
  readonly reasoning: ReasoningOptions;
  readonly sampling: Sampling;
  readonly stopSequences: readonly Text[];
  readonly maxTokens: number | undefined;
  /** Who asks, in the client's words; sent as a hash. */
  readonly user: string | undefined;
  /** The mark of the whole request. */
  readonly cacheControl: JsonObject | undefined;
  /** What reading left out already. @default - nothing */
  readonly dropped?: DroppedMembers;
}

/** A request for Anthropic, and what its answer's translation must know. */
interface BuiltRequest {
  readonly request: MessagesRequest;
  /** The name that is sent → the client's. */
  readonly renamedTools: ReadonlyMap<string, string>;
  readonly hiddenJsonTool: string | undefined;
  /** Whether the answer's text was asked to be JSON in words alone. */
  readonly isJsonText: boolean;
  readonly degradations: readonly string[];
  /** Fields that this target does not take, by OpenAI's names, also such as the client did not send. */
  readonly droppedParams: readonly string[];
  /** What the inside of fields lost, such as `tools.strict`. */
  readonly droppedMembers: readonly string[];
}

/**
 * Writes a request for a deployment. The upstream is always asked to stream, also for a JSON answer: a long answer would
 * otherwise run into the time limits of every hop.
 * @throws TranslationError
 */
export function buildRequest(parsed: ParsedRequest, target: MessagesTarget): BuiltRequest {
  const capabilities = findCapabilities(target.baseModel ?? target.upstreamModel);
  const said = requireTurns(parsed);
  const turns = target.isThinkingRefused === true ? dropThinking(said) : said;
  const maxOutputTokens = target.maxOutputTokens ?? capabilities.maxOutputTokens;
  const reasoning = planReasoning(parsed.reasoning, {
    capabilities,
    maxTokens: parsed.maxTokens,
    maxOutputTokens,
    refusesBudget: lacksThinking(turns) || isPrefill(turns),
  });
  const output = planOutput(parsed.outputFormat, capabilities, target.api);
  const dropped = parsed.dropped ?? new DroppedMembers();
  const tools = planTools({
    definitions: parsed.tools,
    // One grammar for all schemas: that of the answer is worth more.
    canBeStrict: target.api === "anthropic" && capabilities.hasOutputFormat && output.kind !== "native",
    dropped,
    selection: parsed.selection,
    usedNames: usedToolNames(turns),
    output,
    canForce: capabilities.acceptsForcedTools && !reasoning.isByBudget,
    api: target.api,
  });
  const sampling = fitSampling(parsed.sampling, acceptsSampling(capabilities, reasoning.isOn));
  const isBedrock = target.api !== "anthropic";
  const marked = limitBreakpoints({
    tools: tools.tools,
    system: withHints(parsed.system, tools.hints),
    messages: preparePrefill(
      reasoning.isOn ? turns : dropThinking(turns),
      capabilities,
      output.kind !== "none",
      parsed.lastPath,
    ),
    automatic: isBedrock ? undefined : parsed.cacheControl,
  });
  return {
    // A member that is `undefined` is not there. Objects of one shape are made, read and written fastest.
    request: {
      model: target.upstreamModel,
      max_tokens: reasoning.maxTokens,
      system: orAbsent(marked.system),
      messages: marked.messages,
      tools: orAbsent(marked.tools),
      tool_choice: tools.toolChoice,
      thinking: reasoning.thinking,
      output_config: outputConfigOf(reasoning.effort, output),
      stop_sequences: orAbsent(parsed.stopSequences),
      temperature: sampling.sampling.temperature,
      top_p: sampling.sampling.top_p,
      top_k: sampling.sampling.top_k,
      metadata: metadataOf(parsed, target),
      cache_control: marked.automatic,
      stream: true,
    },
    renamedTools: tools.renamed,
    hiddenJsonTool: tools.hiddenJsonTool,
    isJsonText: tools.isJsonText,
    degradations: joinLists(
      joinLists(reasoning.degradations, tools.degradations),
      joinLists(
        joinLists(sampling.degradations, maxTokensDegradation(parsed.maxTokens, reasoning.maxTokens)),
        turns === said && (reasoning.isOn || !turns.some(hasThinking)) ? NONE : THINKING_LEFT_OUT,
      ),
    ),
    droppedParams: joinLists(
      joinLists(sampling.droppedParams, tools.droppedParams),
      isBedrock ? droppedForBedrock(parsed, target) : NONE,
    ),
    droppedMembers: dropped.names,
  };
}

const NONE: readonly string[] = [];

const THINKING_LEFT_OUT: readonly string[] = ["earlier_thinking=dropped"];

function outputConfigOf(effort: Effort | undefined, output: OutputPlan): JsonObject | undefined {
  const format = output.kind === "native" ? output.format : undefined;
  return effort === undefined && format === undefined ? undefined : { effort, format };
}

function metadataOf({ user }: ParsedRequest, { api }: MessagesTarget): JsonObject | undefined {
  return user === undefined || api === "bedrock-invoke" ? undefined : { user_id: opaqueId(user) };
}

function droppedForBedrock(
  { cacheControl, user }: ParsedRequest,
  { api }: MessagesTarget,
): readonly string[] {
  return joinLists(
    cacheControl === undefined ? NONE : ["cache_control"],
    api === "bedrock-invoke" && user !== undefined ? ["user", "safety_identifier"] : NONE,
  );
}

function withHints(system: readonly TextBlock[], hints: readonly string[]): readonly TextBlock[] {
  if (hints.length === 0) return system;
  return [...system, ...hints.map((text): TextBlock => ({ type: "text", text }))];
}

function requireTurns({ items, system, path }: ParsedRequest): readonly MessageParam[] {
  const turns = repairTurns(items);
  if (turns.length > 0) return turns;
  if (system.length > 0) return [MINIMAL_USER_TURN];
  throw new TranslationError(path, `${path} holds no text, image, document or tool call`);
}

function acceptsSampling(capabilities: ModelCapabilities, isThinking: boolean): boolean {
  return capabilities.acceptsSampling && !isThinking;
}

function orAbsent<List extends readonly unknown[]>(list: List): List | undefined {
  return list.length === 0 ? undefined : list;
}

const NO_NAMES: ReadonlySet<string> = new Set();

/** Names under which earlier calls of tools are sent. */
function usedToolNames(turns: readonly MessageParam[]): ReadonlySet<string> {
  let names: Set<string> | undefined;
  for (const { role, content } of turns) {
    if (role !== "assistant") continue;
    for (const { type, name } of content as readonly ContentBlock[]) {
      if (type !== "tool_use") continue;
      names ??= new Set();
      names.add(name as string);
    }
  }
  return names ?? NO_NAMES;
}

/** Whether the model is to continue a text of the assistant. */
function isPrefill(messages: readonly MessageParam[]): boolean {
  return messages.at(-1)?.role === "assistant";
}

/**
 * The turns with the assistant's last text as it may be continued: without white space at its end.
 * @param path of the client's last message
 * @throws TranslationError when the model does not continue texts, or may not with this request
 */
function preparePrefill(
  messages: readonly MessageParam[],
  capabilities: ModelCapabilities,
  hasJsonAnswer: boolean,
  path: string,
): readonly MessageParam[] {
  const last = messages.at(-1);
  if (last === undefined || !isPrefill(messages)) return messages;
  if (!capabilities.acceptsPrefill) {
    throw new TranslationError(
      path,
      `${path} is from the assistant, and this model does not continue its own text; end with a message of role "user" or "tool"`,
    );
  }
  if (hasJsonAnswer) {
    throw new TranslationError(path, `${path} is from the assistant, which response_format does not allow`);
  }
  const blocks = last.content as readonly ContentBlock[];
  const text = blocks.at(-1);
  if (text?.type !== "text" || !isText(text["text"])) return messages;
  return messages.with(-1, { ...last, content: blocks.with(-1, { ...text, text: trimEnd(text["text"]) }) });
}

function trimEnd(text: Text): Text {
  const read = textOf(text);
  const trimmed = read.trimEnd();
  return trimmed.length === read.length ? text : trimmed;
}
