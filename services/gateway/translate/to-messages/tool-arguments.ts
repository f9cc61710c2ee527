import type { JsonObject, JsonValue } from "../../json/json-value";
import { parseJson } from "../../json/parse-json";
import { isText, textOf } from "../../json/text";
import { ValueAllowance } from "../../json/value-allowance";
import type { MessagesTarget } from "../../messages/request";
import { TranslationError } from "../translation-error";
import { isAbsent, isObject } from "./read-value";

/** Field that holds arguments which are not a JSON object, so that the model sees what it did. */
const OTHER = "arguments";

/**
 * The arguments of an earlier call as the input of the tool, which must be an object. Nothing at all is no input; a call
 * that was cut off in the middle is kept as text: refusing it would end the conversation for good.
 * @param texts values that may be read of texts
 * @throws TranslationError for arguments that hold more
 */
export function toToolInput(
  value: JsonValue | undefined,
  path: string,
  { texts = new ValueAllowance() }: Pick<MessagesTarget, "texts">,
): JsonObject {
  if (isAbsent(value)) return {};
  const given = isText(value) ? read(textOf(value), texts) : value;
  if (texts.isExceeded)
    throw new TranslationError(path, `${path} holds more values than the request may have in all`);
  return isObject(given) ? given : { [OTHER]: given };
}

function read(text: string, texts: ValueAllowance): JsonValue {
  if (text.trim() === "") return {};
  try {
    return parseJson(Buffer.from(text), texts) ?? {};
  } catch {
    return text;
  }
}
