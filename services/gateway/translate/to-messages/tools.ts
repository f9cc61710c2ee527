import type { JsonObject, JsonValue, Text } from "../../json/json-value";
import { isBlankText } from "../../json/text";
import { TranslationError } from "../translation-error";
import type { DroppedMembers } from "./dropped-members";
import { quote } from "./read-value";
import { extraMembers, planStrictSchemas, type ToolExtras } from "./tool-extras";
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
  /** @default - none */
  readonly extras?: ToolExtras;
  /** Where the function stands in the request, such as `tools.0.function`. */
  readonly path: string;
}

/** What the target takes of a tool. */
export interface ToolTarget {
  readonly canBeStrict: boolean;
  /** Whether it takes members of Anthropic's own tools. */
  readonly takesExtras: boolean;
  readonly dropped: DroppedMembers;
}

/**
 * The tools as the upstream is sent them.
 * @throws TranslationError for a schema that is no object's, and for a name that comes twice
 */
export function toTools(definitions: readonly ToolDefinition[], target: ToolTarget): readonly JsonObject[] {
  requireOwnNames(definitions);
  const offered = definitions.map((definition) => ({
    ...definition,
    schema: repairToolSchema(definition.parameters, `${definition.path}.parameters`),
  }));
  const strict = planStrictSchemas(offered, target.canBeStrict, target.dropped);
  return offered.map(({ name, description, schema, cacheControl, extras }, index) => ({
    name: upstreamToolName(name),
    ...(description === undefined || isBlankText(description) ? {} : { description }),
    input_schema: strict.get(index) ?? schema,
    ...(strict.has(index) ? { strict: true } : {}),
    ...extraMembers(extras, target.takesExtras, target.dropped),
    ...(cacheControl === undefined ? {} : { cache_control: cacheControl }),
  }));
}

function requireOwnNames(definitions: readonly ToolDefinition[]): void {
  const paths = new Map<string, string>();
  for (const { name, path } of definitions) {
    const sent = upstreamToolName(name);
    const earlier = paths.get(sent);
    if (earlier !== undefined) {
      throw new TranslationError(
        `${path}.name`,
        `${path}.name ${quote(name)} is already the name of ${earlier}`,
      );
    }
    paths.set(sent, path);
  }
}

/** A conversation with tool calls needs tools; this stands for one that the client does not offer any more. */
export function toToolStub(name: string): JsonObject {
  return { name: upstreamToolName(name), description: "No longer available.", input_schema: NO_INPUT };
}
