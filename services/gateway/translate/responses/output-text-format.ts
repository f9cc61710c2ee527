import type { JsonValue } from "../../json/json-value";
import { isText } from "../../json/text";
import type { OutputFormat } from "../to-messages/output-format";
import { isAbsent, quote, requireObject, textIn } from "../to-messages/read-value";
import { TranslationError } from "../translation-error";

/** `text`: how the answer looks. @throws TranslationError for a format that this API does not have */
export function readTextFormat(text: JsonValue | undefined): OutputFormat {
  const format = isAbsent(text) ? undefined : requireObject(text, "text")["format"];
  if (isAbsent(format)) return { kind: "text" };
  const given = requireObject(format, "text.format");
  const type = textIn(given["type"]);
  if (type === "text") return { kind: "text" };
  if (type === "json_object") return { kind: "json-object" };
  if (type === "json_schema") {
    const { schema, description } = given;
    return {
      kind: "json-schema",
      schema,
      description: isText(description) ? description : undefined,
      path: "text.format.schema",
    };
  }
  throw new TranslationError(
    "text.format.type",
    `text.format.type must be text, json_object or json_schema, not ${quote(type ?? "")}`,
  );
}
