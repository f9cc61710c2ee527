import type { JsonObject, JsonValue } from "../../json/json-value";
import { parseJson } from "../../json/parse-json";
import { isText, textOf } from "../../json/text";
import { isAbsent, isObject } from "./read-value";

/** Field that holds arguments which are not a JSON object, so that the model sees what it did. */
const OTHER = "arguments";

/**
 * The arguments of an earlier call as the input of the tool, which must be an object. Nothing at all is no input; a call
 * that was cut off in the middle is kept as text: refusing it would end the conversation for good.
 */
export function toToolInput(value: JsonValue | undefined): JsonObject {
  if (isAbsent(value)) return {};
  const given = isText(value) ? read(textOf(value)) : value;
  return isObject(given) ? given : { [OTHER]: given };
}

function read(text: string): JsonValue {
  if (text.trim() === "") return {};
  try {
    return parseJson(Buffer.from(text)) ?? {};
  } catch {
    return text;
  }
}
