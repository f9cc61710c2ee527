import type { JsonValue } from "../../json/json-value";
import { isText } from "../../json/text";
import type { OutputFormat } from "../to-messages/output-format";
import { isAbsent, kindOf, quote, requireObject, textIn } from "../to-messages/read-value";
import { TranslationError } from "../translation-error";

/** `response_format`. @throws TranslationError */
export function readResponseFormat(value: JsonValue | undefined): OutputFormat {
  if (isAbsent(value)) return { kind: "text" };
  const format = requireObject(value, "response_format");
  const type = textIn(format["type"]);
  switch (type) {
    case "text":
      return { kind: "text" };
    case "json_object":
      return { kind: "json-object" };
    case "json_schema": {
      const path = "response_format.json_schema";
      const { schema, description } = requireObject(format["json_schema"], path) as {
        readonly [name: string]: JsonValue | undefined;
      };
      return {
        kind: "json-schema",
        schema,
        description: isText(description) ? description : undefined,
        path: `${path}.schema`,
      };
    }
    default: {
      const found = type === undefined ? kindOf(format["type"]) : quote(type);
      throw new TranslationError(
        "response_format.type",
        `response_format.type must be text, json_object or json_schema, not ${found}`,
      );
    }
  }
}
