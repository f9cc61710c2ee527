import {
  type CollectedBlock,
  type CollectedMessage,
  type CollectedToolUse,
  isText,
  isThinking,
  isToolUse,
} from "../../messages/collected-message";
import { mergeUsage, NO_USAGE } from "../../messages/usage";
import type { AnswerIdentity } from "../answer-identity";
import type { ChatAnswerPlan } from "./answer-plan";
import type { ChatCompletion, ChatMessage, ChatToolCall } from "./chat-completion";
import { refusalOf, toFinishReason } from "./finish-reason";
import { unfence } from "./json-content";
import type { ThinkingBlock } from "./thinking-blocks";
import { toolCallId } from "./tool-call-id";
import { toChatUsage } from "./usage";

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

function explanationOf(message: CollectedMessage): string | null {
  const details = message["stop_details"] as { explanation?: unknown } | null | undefined;
  return typeof details?.explanation === "string" ? details.explanation : null;
}
