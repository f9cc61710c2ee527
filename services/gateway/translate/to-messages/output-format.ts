import type { JsonObject, JsonValue, Text } from "../../json/json-value";
import type { MessagesTarget } from "../../messages/request";
import type { ModelCapabilities } from "./model-capabilities";
import { toOutputSchema } from "./output-schema";
import { repairToolSchema } from "./tool-schema";

/** How the client wants the answer's text to look, in any wire API. */
export type OutputFormat =
  | { readonly kind: "text" }
  | { readonly kind: "json-object" }
  | {
      readonly kind: "json-schema";
      readonly schema: JsonValue | undefined;
      readonly description: Text | undefined;
      /** Where the schema stands in the request. */
      readonly path: string;
    };

/** How the upstream is made to answer so. */
export type OutputPlan =
  | { readonly kind: "none" }
  /** `output_config.format`. */
  | { readonly kind: "native"; readonly format: JsonObject }
  /** A tool that the client does not see; its input is the answer. */
  | {
      readonly kind: "tool";
      readonly schema: JsonObject;
      readonly description: Text;
      /** What the system text has to say, also when the tool is called. */
      readonly instruction: string | undefined;
    };

const ANY_OBJECT: JsonObject = { type: "object", properties: {}, additionalProperties: true };
const ANSWER_TOOL = "Gives the answer. The input is the whole answer, as JSON.";
const JSON_ONLY =
  "Answer with one JSON object and nothing else: no text before or after it, and no code fence.";

/** @throws TranslationError for a schema that describes no object */
export function planOutput(
  format: OutputFormat,
  capabilities: ModelCapabilities,
  api: MessagesTarget["api"],
): OutputPlan {
  if (format.kind === "text") return { kind: "none" };
  if (format.kind === "json-object" || format.schema === undefined || format.schema === null) {
    return { kind: "tool", schema: ANY_OBJECT, description: ANSWER_TOOL, instruction: JSON_ONLY };
  }
  const schema = repairToolSchema(format.schema, format.path);
  const native = acceptsFormat(capabilities, api) ? toOutputSchema(schema) : undefined;
  if (native !== undefined) return { kind: "native", format: { type: "json_schema", schema: native } };
  return { kind: "tool", schema, description: format.description ?? ANSWER_TOOL, instruction: undefined };
}

/** Whether a model and its provider compile schemas. */
export function acceptsFormat(capabilities: ModelCapabilities, api: MessagesTarget["api"]): boolean {
  if (api === "anthropic") return capabilities.hasOutputFormat;
  return api === "bedrock-invoke" && capabilities.hasOutputFormatOnInvoke;
}
