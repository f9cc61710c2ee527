import type { Text } from "../../json/json-value";
import { isText, textOf } from "../../json/text";
import type { ContentBlock, MessageParam } from "../../messages/request";
import { TranslationError } from "../translation-error";
import type { ModelCapabilities } from "./model-capabilities";

/** Whether the model is to continue a text of the assistant. */
export function isPrefill(messages: readonly MessageParam[]): boolean {
  return messages.at(-1)?.role === "assistant";
}

/**
 * The turns with the assistant's last text as it may be continued: without white space at its end.
 * @param path of the client's last message
 * @throws TranslationError when the model does not continue texts, or may not with this request
 */
export function settlePrefill(
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
