import { notSupported, TranslationError } from "../translation-error";
import type { AnthropicMessageParam, AnthropicTextBlock } from "./anthropic-types";
import type { ChatMessageParam } from "./openai-types";

/** The system text and the conversation of an Anthropic request. */
export interface TranslatedMessages {
  readonly system: readonly AnthropicTextBlock[];
  readonly messages: readonly AnthropicMessageParam[];
}

/** Anthropic refuses a conversation that does not begin with the user, and blank text. */
const MINIMAL_USER_TURN: AnthropicMessageParam = { role: "user", content: [{ type: "text", text: "." }] };

/**
 * System and developer messages go to `system` in their order, wherever they stand; neighbours of the same
 * role become one turn; blank text is left out, because Anthropic refuses it.
 * @throws TranslationError for content that is not text
 */
export function translateMessages(input: readonly ChatMessageParam[]): TranslatedMessages {
  const system: AnthropicTextBlock[] = [];
  const turns: { role: "user" | "assistant"; content: AnthropicTextBlock[] }[] = [];
  input.forEach((message, index) => {
    const path = `messages.${index}`;
    const role = readRole(message, path);
    refuseUntranslatableFields(message, path);
    const content = readText(message.content, `${path}.content`, role);
    if (role === "system") {
      system.push(...content);
      return;
    }
    const last = turns.at(-1);
    if (last?.role === role) last.content.push(...content);
    else if (content.length > 0) turns.push({ role, content });
  });
  if (turns[0]?.role !== "user") {
    if (turns.length === 0 && system.length === 0)
      throw new TranslationError("messages", "messages holds no text");
    return { system, messages: [MINIMAL_USER_TURN, ...turns] };
  }
  return { system, messages: turns };
}

function readRole(message: ChatMessageParam, path: string): "system" | "user" | "assistant" {
  switch (message.role) {
    case "system":
    case "developer":
      return "system";
    case "user":
    case "assistant":
      return message.role;
    case "tool":
    case "function":
      throw notSupported(`${path}.role`, `send text messages only, not role "${message.role}"`);
    default:
      throw new TranslationError(`${path}.role`, `${path}.role must be system, developer, user or assistant`);
  }
}

function refuseUntranslatableFields(message: ChatMessageParam, path: string): void {
  for (const field of ["tool_calls", "function_call", "audio", "thinking_blocks", "reasoning_details"]) {
    const value = message[field];
    if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) continue;
    throw notSupported(`${path}.${field}`, "send text messages only");
  }
}

function readText(content: unknown, path: string, role: string): AnthropicTextBlock[] {
  if (typeof content === "string") return toBlocks(content);
  if (content === null || content === undefined) {
    if (role === "assistant") return [];
    throw new TranslationError(path, `${path} is missing; it must be text`);
  }
  if (!Array.isArray(content))
    throw new TranslationError(path, `${path} must be text or a list of text parts`);
  return content.flatMap((part: unknown, index) => readPart(part, `${path}.${index}`));
}

function readPart(part: unknown, path: string): AnthropicTextBlock[] {
  if (typeof part !== "object" || part === null)
    throw new TranslationError(path, `${path} must be a content part`);
  const { type, text, refusal } = part as { type?: unknown; text?: unknown; refusal?: unknown };
  if (type === "text" && typeof text === "string") return toBlocks(text);
  if (type === "refusal" && typeof refusal === "string") return toBlocks(refusal);
  if (type === "text") throw new TranslationError(path, `${path}.text must be text`);
  throw notSupported(
    path,
    `only parts of type "text" can be sent, not ${JSON.stringify(String(type).slice(0, 50))}`,
  );
}

function toBlocks(text: string): AnthropicTextBlock[] {
  return text.trim() === "" ? [] : [{ type: "text", text }];
}
