import type { JsonObject, JsonValue, Text } from "../../json/json-value";
import { isBlankText } from "../../json/text";
import { TranslationError } from "../translation-error";
import { quote } from "./read-value";
import { upstreamToolName } from "./tool-names";
import { NO_INPUT, repairToolSchema } from "./tool-schema";

/** A function that the client offers to the model, whatever its wire API. */
export interface ToolDefinition {
  /** The client's. */
  readonly name: string;
  readonly description: Text | undefined;
  /** JSON schema of the input; not checked yet. */
  readonly parameters: JsonValue | undefined;
  readonly cacheControl: JsonObject | undefined;
  /** Where the function stands in the request, such as `tools.0.function`. */
  readonly path: string;
}

/**
 * The tools as the upstream is sent them. `strict` is not passed on: the upstream compiles strict schemas and refuses
 * more than twenty, and agents mark all of theirs.
 * @throws TranslationError for a schema that is no object's, and for a name that comes twice
 */
export function toTools(definitions: readonly ToolDefinition[]): readonly JsonObject[] {
  const paths = new Map<string, string>();
  return definitions.map(({ name, description, parameters, cacheControl, path }) => {
    const sent = upstreamToolName(name);
    const earlier = paths.get(sent);
    if (earlier !== undefined) {
      throw new TranslationError(
        `${path}.name`,
        `${path}.name ${quote(name)} is already the name of ${earlier}`,
      );
    }
    paths.set(sent, path);
    return {
      name: sent,
      ...(description === undefined || isBlankText(description) ? {} : { description }),
      input_schema: repairToolSchema(parameters, `${path}.parameters`),
      ...(cacheControl === undefined ? {} : { cache_control: cacheControl }),
    };
  });
}

/** A conversation with tool calls needs tools; this stands for one that the client does not offer any more. */
export function toToolStub(name: string): JsonObject {
  return { name: upstreamToolName(name), description: "No longer available.", input_schema: NO_INPUT };
}
