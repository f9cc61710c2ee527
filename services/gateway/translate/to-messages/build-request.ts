import type { JsonObject, Text } from "../../json/json-value";
import type {
  ContentBlock,
  MessageParam,
  MessagesRequest,
  MessagesTarget,
  TextBlock,
} from "../../messages/request";
import { TranslationError } from "../translation-error";
import { limitBreakpoints } from "./cache-control";
import { findCapabilities, type ModelCapabilities } from "./model-capabilities";
import { opaqueId } from "./opaque-id";
import { type OutputFormat, planOutput } from "./output-format";
import { planTools } from "./plan-tools";
import { isPrefill, settlePrefill } from "./prefill";
import { planReasoning, type ReasoningWish } from "./reasoning";
import { MINIMAL_USER_TURN, repairTurns } from "./repair-turns";
import { fitSampling, type Sampling } from "./sampling";
import { dropThinking, lacksThinking } from "./thinking-blocks";
import type { ToolSelection } from "./tool-choice";
import type { ToolDefinition } from "./tools";
import type { TurnItem } from "./turn-item";

/** A request of any of OpenAI's wire APIs, read. */
export interface RequestWishes {
  /** Without blank texts. */
  readonly system: readonly TextBlock[];
  readonly items: readonly TurnItem[];
  /** Where the conversation, and its last message, stand in the request. */
  readonly path: string;
  readonly lastPath: string;
  readonly tools: readonly ToolDefinition[];
  readonly selection: ToolSelection;
  readonly outputFormat: OutputFormat;
  readonly reasoning: ReasoningWish;
  readonly sampling: Sampling;
  readonly stopSequences: readonly Text[];
  readonly maxTokens: number | undefined;
  /** Who asks, in the client's words; sent as a hash. */
  readonly user: string | undefined;
  /** The mark of the whole request. */
  readonly cacheControl: JsonObject | undefined;
}

/** A request for Anthropic, and what its answer's translation must know. */
export interface BuiltRequest {
  readonly request: MessagesRequest;
  /** The name that is sent → the client's. */
  readonly renamedTools: ReadonlyMap<string, string>;
  readonly hiddenJsonTool: string | undefined;
  readonly degradations: readonly string[];
  /** Fields that this target does not take, by OpenAI's names, also such as the client did not send. */
  readonly droppedParams: readonly string[];
}

/**
 * Writes a request for a deployment. The upstream is always asked to stream, also for a JSON answer: a long answer would
 * otherwise run into the time limits of every hop.
 * @throws TranslationError
 */
export function buildRequest(wishes: RequestWishes, target: MessagesTarget): BuiltRequest {
  const capabilities = findCapabilities(target.upstreamModel);
  const turns = requireTurns(wishes);
  const reasoning = planReasoning(wishes.reasoning, {
    capabilities,
    maxTokens: wishes.maxTokens,
    maxOutputTokens: target.maxOutputTokens ?? capabilities.maxOutputTokens,
    refusesBudget: lacksThinking(turns) || isPrefill(turns),
  });
  const output = planOutput(wishes.outputFormat, capabilities, target.api);
  const tools = planTools({
    definitions: wishes.tools,
    selection: wishes.selection,
    usedNames: usedToolNames(turns),
    output,
    canForce: capabilities.acceptsForcedTools && !reasoning.isByBudget,
    api: target.api,
  });
  const sampling = fitSampling(wishes.sampling, acceptsSampling(capabilities, reasoning.isOn));
  const isBedrock = target.api !== "anthropic";
  const marked = limitBreakpoints({
    tools: tools.tools,
    system: [...wishes.system, ...tools.hints.map((text): TextBlock => ({ type: "text", text }))],
    messages: settlePrefill(
      reasoning.isOn ? turns : dropThinking(turns),
      capabilities,
      output.kind !== "none",
      wishes.lastPath,
    ),
    automatic: isBedrock ? undefined : wishes.cacheControl,
  });
  const outputConfig = {
    ...(reasoning.effort === undefined ? {} : { effort: reasoning.effort }),
    ...(output.kind === "native" ? { format: output.format } : {}),
  };
  return {
    request: {
      model: target.upstreamModel,
      max_tokens: reasoning.maxTokens,
      ...present("system", marked.system),
      messages: marked.messages,
      ...present("tools", marked.tools),
      ...(tools.toolChoice === undefined ? {} : { tool_choice: tools.toolChoice }),
      ...(reasoning.thinking === undefined ? {} : { thinking: reasoning.thinking }),
      ...(Object.keys(outputConfig).length === 0 ? {} : { output_config: outputConfig }),
      ...present("stop_sequences", wishes.stopSequences),
      ...sampling.sampling,
      ...(wishes.user === undefined || target.api === "bedrock-invoke"
        ? {}
        : { metadata: { user_id: opaqueId(wishes.user) } }),
      ...(marked.automatic === undefined ? {} : { cache_control: marked.automatic }),
      stream: true,
    },
    renamedTools: tools.renamed,
    hiddenJsonTool: tools.hiddenJsonTool,
    degradations: [...reasoning.degradations, ...tools.degradations],
    droppedParams: [
      ...sampling.droppedParams,
      ...tools.droppedParams,
      ...(isBedrock && wishes.cacheControl !== undefined ? ["cache_control"] : []),
      ...(target.api === "bedrock-invoke" && wishes.user !== undefined ? ["user", "safety_identifier"] : []),
    ],
  };
}

function requireTurns({ items, system, path }: RequestWishes): readonly MessageParam[] {
  const turns = repairTurns(items);
  if (turns.length > 0) return turns;
  if (system.length > 0) return [MINIMAL_USER_TURN];
  throw new TranslationError(path, `${path} holds no text, image, document or tool call`);
}

function acceptsSampling(capabilities: ModelCapabilities, isThinking: boolean): boolean {
  return capabilities.acceptsSampling && !isThinking;
}

function usedToolNames(turns: readonly MessageParam[]): ReadonlySet<string> {
  const blocks = turns.flatMap(({ content }) => content as readonly ContentBlock[]);
  return new Set(blocks.flatMap(({ type, name }) => (type === "tool_use" ? (name as string) : [])));
}

function present(name: string, list: readonly JsonObject[] | readonly Text[]): JsonObject {
  return list.length === 0 ? {} : { [name]: list };
}
