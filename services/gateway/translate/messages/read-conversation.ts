import type { JsonValue } from "../../json/json-value";
import { isBlankText, isText } from "../../json/text";
import type { ContentBlock, MessageParam, TextBlock } from "../../messages/request";
import { isAbsent, isList, isObject, kindOf, requireList, requireObject } from "../to-messages/read-value";
import { TranslationError } from "../translation-error";

/**
 * Checks that `messages` is a conversation as far as the gateway reads it. Roles and blocks that it does not know stay,
 * and so does every block as it is: thinking is valid only unchanged.
 * @throws TranslationError naming the field
 */
export function readConversation(value: JsonValue | undefined): readonly MessageParam[] {
  const messages = requireList(value, "messages");
  if (messages.length === 0)
    throw new TranslationError("messages", "messages must have at least one message");
  messages.forEach((message, index) => {
    const path = `messages.${index}`;
    const { role, content } = requireObject(message, path);
    if (typeof role !== "string" || role === "") {
      throw new TranslationError(
        `${path}.role`,
        `${path}.role must be the name of a role, not ${kindOf(role)}`,
      );
    }
    if (!isText(content)) requireBlocks(content, `${path}.content`);
  });
  return messages as readonly MessageParam[];
}

/** Instructions as blocks; `undefined` for none. @throws TranslationError naming the field */
export function readSystem(value: JsonValue | undefined): readonly TextBlock[] | undefined {
  if (isAbsent(value)) return undefined;
  // Blank text in a block would be refused, as one text it means nothing.
  if (isText(value)) return isBlankText(value) ? undefined : [{ type: "text", text: value }];
  const blocks = requireBlocks(value, "system");
  return blocks.length === 0 ? undefined : (blocks as readonly TextBlock[]);
}

function requireBlocks(value: JsonValue | undefined, path: string): readonly ContentBlock[] {
  if (!isList(value)) {
    throw new TranslationError(
      path,
      `${path} must be text or a list of content blocks, not ${kindOf(value)}`,
    );
  }
  value.forEach((block, index) => {
    const type = isObject(block) ? block["type"] : undefined;
    if (typeof type === "string" && type !== "") return;
    throw new TranslationError(
      `${path}.${index}`,
      isObject(block)
        ? `${path}.${index}.type must be the name of a type, not ${kindOf(type)}`
        : `${path}.${index} must be a content block, not ${kindOf(block)}`,
    );
  });
  return value as readonly ContentBlock[];
}
