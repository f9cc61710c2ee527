import type { OpenAiErrorBody } from "../../../shared/error-body";
import type { GatewayError } from "../../errors/gateway-error";
import {
  type CollectedBlock,
  type CollectedMessage,
  type CollectedToolUse,
  explanationOf,
  isText,
  isThinking,
  isToolUse,
} from "../internal/collect";
import { mergeUsage, NO_USAGE } from "../internal/usage";
import type { AnswerIdentity } from "../shared/answer-stream";
import { unfence } from "../shared/json-content";
import {
  type ChatAnswerPlan,
  type ChatUsage,
  type FinishReason,
  refusalOf,
  type ThinkingBlock,
  toChatUsage,
  toFinishReason,
  toolCallId,
} from "./answer-parts";

/** A whole message → chat completion. Says the same as the stream does. */
export function toAnswer(
  message: CollectedMessage,
  identity: AnswerIdentity,
  plan: ChatAnswerPlan,
): ChatCompletion {
  const { content } = message;
  const uses = content.filter(isToolUse);
  const hidden = uses.find(({ name }) => name === plan.hiddenJsonTool);
  const visible = uses.filter(({ name }) => name !== plan.hiddenJsonTool);
  const called = { visible: visible.length, hidden: hidden !== undefined };
  const finishReason = toFinishReason(message.stop_reason, called, plan);
  const refusal = refusalOf(finishReason, explanationOf(message));
  const text = hidden === undefined ? textOf(content, plan) : inputOf(hidden);
  const answer: ChatMessage = {
    role: "assistant",
    content: text === "" && (visible.length > 0 || refusal !== null) ? null : text,
    refusal,
    ...(visible.length === 0 ? undefined : callsOf(visible, identity, plan)),
    ...(content.some(isAnyThinking) ? thinkingOf(content) : undefined),
  };
  return {
    id: identity.id,
    object: "chat.completion",
    created: identity.created,
    model: identity.model,
    choices: [{ index: 0, message: answer, logprobs: null, finish_reason: finishReason }],
    usage: toChatUsage(mergeUsage(NO_USAGE, message.usage)),
  };
}

/** A tool that takes no input has none written for it; clients parse the arguments all the same. */
function inputOf({ inputJson }: CollectedToolUse): string {
  return inputJson === "" ? "{}" : inputJson;
}

function isAnyThinking(block: CollectedBlock): boolean {
  return isThinking(block) || block.type === "redacted_thinking";
}

function textOf(content: readonly CollectedBlock[], plan: ChatAnswerPlan): string {
  const text = content
    .filter(isText)
    .map((block) => block.text)
    .join("");
  return plan.hiddenJsonTool === undefined && !plan.isJsonText ? text : unfence(text);
}

/** @param uses at least one */
function callsOf(
  uses: readonly CollectedToolUse[],
  identity: AnswerIdentity,
  plan: ChatAnswerPlan,
): Pick<ChatMessage, "tool_calls" | "function_call"> {
  const calls = uses.map((use, index): ChatToolCall => {
    const name = plan.renamedTools.get(use.name) ?? use.name;
    const id = toolCallId(use.id, index, identity);
    return { id, type: "function", function: { name, arguments: inputOf(use) } };
  });
  const first = calls[0] as ChatToolCall;
  return plan.isLegacyFunctionCall ? { function_call: first.function } : { tool_calls: calls };
}

function thinkingOf(
  content: readonly CollectedBlock[],
): Pick<ChatMessage, "reasoning_content" | "thinking_blocks"> {
  const text = content
    .filter(isThinking)
    .map(({ thinking }) => thinking)
    .join("");
  const blocks = content.map(toThinkingBlock).filter((block) => block !== undefined);
  return {
    ...(text === "" ? {} : { reasoning_content: text }),
    ...(blocks.length === 0 ? {} : { thinking_blocks: blocks }),
  };
}

function toThinkingBlock(block: CollectedBlock): ThinkingBlock | undefined {
  if (block.type === "redacted_thinking") return { type: block.type, data: String(block["data"] ?? "") };
  if (!isThinking(block) || block.signature === "") return undefined;
  return { type: block.type, thinking: block.thinking, signature: block.signature };
}

/** A whole answer of OpenAI's chat completions API. */
export interface ChatCompletion {
  readonly id: string;
  readonly object: "chat.completion";
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: string;
  readonly choices: readonly {
    readonly index: 0;
    readonly message: ChatMessage;
    readonly logprobs: null;
    readonly finish_reason: FinishReason;
  }[];
  readonly usage: ChatUsage;
}

export interface ChatMessage {
  readonly role: "assistant";
  /** `null` when there is no text but a tool call or a refusal. */
  readonly content: string | null;
  readonly refusal: string | null;
  readonly tool_calls?: readonly ChatToolCall[];
  readonly function_call?: { readonly name: string; readonly arguments: string };
  /** Thinking, where the provider shows it. */
  readonly reasoning_content?: string;
  readonly thinking_blocks?: readonly ThinkingBlock[];
}

export interface ChatToolCall {
  readonly id: string;
  readonly type: "function";
  readonly function: { readonly name: string; readonly arguments: string };
}

/** Clients look for one of these to shorten the conversation and try again. */
const SAYS_CONTEXT_LENGTH = /context (?:length|window)|maximum context/i;
/** Anthropic: `prompt is too long: 210000 tokens > 200000 maximum`. */
const LIMIT = /> (\d+) maximum/;

/** An error in the form of OpenAI's chat completions. */
export function toChatError(error: GatewayError): OpenAiErrorBody {
  const body = error.toBody();
  if (error.code !== "context_length_exceeded" || SAYS_CONTEXT_LENGTH.test(error.message)) return body;
  const limit = LIMIT.exec(error.message)?.[1];
  const subject =
    limit === undefined
      ? "This model's maximum context length is exceeded"
      : `This model's maximum context length is ${limit} tokens`;
  return { error: { ...body.error, message: `${subject}; ${error.message}` } };
}
