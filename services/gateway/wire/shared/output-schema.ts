import { isList, isObject, stringIn } from "../../json/client-value";
import type { JsonObject, JsonValue, Text } from "../../json/json-value";
import { writeJson } from "../../json/write-json";
import type { MessagesTarget } from "../internal/request";
import type { ModelCapabilities } from "./model-capabilities";
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
function acceptsFormat(capabilities: ModelCapabilities, api: MessagesTarget["api"]): boolean {
  if (api === "anthropic") return capabilities.hasOutputFormat;
  return api === "bedrock-invoke" && capabilities.hasOutputFormatOnInvoke;
}

/** Limits of the upstream's compiler of schemas. */
const MAX_OPTIONAL = 24;
const MAX_UNIONS = 16;
const MAX_DEPTH = 32;

const FORMATS = new Set([
  "date-time",
  "time",
  "date",
  "duration",
  "email",
  "hostname",
  "uri",
  "ipv4",
  "ipv6",
  "uuid",
]);
/** Keywords that are passed on as they are. */
const KEPT = new Set(["type", "title", "description", "enum", "const", "default", "$ref", "required"]);
/** Keywords that only say something about the schema. */
const SILENT = new Set(["$schema", "$id", "$comment", "examples", "deprecated", "readOnly", "writeOnly"]);
/** Keywords that are refused, and mean enough to be told to the model in words. */
const TOLD = new Set([
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minLength",
  "maxLength",
  "pattern",
  "minItems",
  "maxItems",
  "uniqueItems",
  "contains",
  "minContains",
  "maxContains",
  "prefixItems",
  "minProperties",
  "maxProperties",
  "propertyNames",
  "format",
  "not",
  "contentEncoding",
  "contentMediaType",
]);

/** A schema says something that the upstream's compiler cannot. */
class NotExpressibleError extends Error {}

/**
 * A JSON schema as `output_config.format` accepts it: objects are closed, `oneOf` becomes `anyOf`, limits move into the
 * description. `undefined` when it cannot be said that way: open objects, recursion, too many alternatives.
 */
export function toOutputSchema(schema: JsonObject): JsonObject | undefined {
  return toOutputSchemas([schema])?.[0];
}

/** The same for several schemas of one request, which share the limits. */
export function toOutputSchemas(schemas: readonly JsonObject[]): readonly JsonObject[] | undefined {
  const used: UsedLimits = { optional: 0, unions: 0 };
  try {
    return schemas.map((schema) => new OutputSchema(schema, used).build());
  } catch (error) {
    if (error instanceof NotExpressibleError) return undefined;
    throw error;
  }
}

/** How much of the limits of one request is used up. */
interface UsedLimits {
  optional: number;
  unions: number;
}

class OutputSchema {
  /** References that lead to no recursion. */
  readonly #settled = new Set<string>();

  constructor(
    private readonly root: JsonObject,
    private readonly used: UsedLimits,
  ) {}

  build(): JsonObject {
    this.#refuseRecursion(this.root, new Set(), 0);
    return this.#convert(this.root, 0);
  }

  #convert(schema: JsonValue | undefined, depth: number): JsonObject {
    if (!isObject(schema) || depth > MAX_DEPTH) throw new NotExpressibleError();
    const merged = mergeOnlyBranch(schema);
    if (merged !== schema) return this.#convert(merged, depth + 1);
    const result: Record<string, JsonValue | undefined> = {};
    const told: string[] = [];
    for (const [keyword, value] of Object.entries(schema)) {
      if (value === undefined || SILENT.has(keyword)) continue;
      if (KEPT.has(keyword)) result[keyword] = value;
      else if (keyword === "format" && FORMATS.has(stringIn(value) ?? "")) result[keyword] = value;
      else if (TOLD.has(keyword)) told.push(`${keyword}: ${readable(value)}`);
      else if (keyword === "$defs" || keyword === "definitions" || keyword === "properties")
        result[keyword] = this.#convertMembers(value, depth);
      else if (keyword === "items") result[keyword] = this.#convert(value, depth + 1);
      else if (keyword === "anyOf" || keyword === "oneOf")
        result["anyOf"] = this.#convertUnion(result["anyOf"], value, depth);
      else if (keyword === "allOf") result[keyword] = this.#convertAllOf(value, depth);
      else if (keyword !== "additionalProperties") throw new NotExpressibleError();
    }
    if (isList(schema["type"])) this.#countUnion();
    if (describesObject(schema)) this.#close(schema, result);
    return told.length === 0 ? result : { ...result, description: describe(result["description"], told) };
  }

  /** An object has the properties that are named, and no others. */
  #close(schema: JsonObject, result: Record<string, JsonValue | undefined>): void {
    const { properties, additionalProperties } = schema as { [name: string]: JsonValue | undefined };
    const names = isObject(properties) ? Object.keys(properties) : [];
    const isOpen = additionalProperties !== undefined && additionalProperties !== false;
    if (isOpen || schema["patternProperties"] !== undefined) throw new NotExpressibleError();
    if (names.length === 0 && additionalProperties === undefined) throw new NotExpressibleError();
    const required = new Set((isList(schema["required"]) ? schema["required"] : []).map(stringIn));
    this.used.optional += names.filter((name) => !required.has(name)).length;
    if (this.used.optional > MAX_OPTIONAL) throw new NotExpressibleError();
    result["additionalProperties"] = false;
  }

  #convertMembers(members: JsonValue, depth: number): JsonObject {
    if (!isObject(members)) throw new NotExpressibleError();
    return Object.fromEntries(
      Object.entries(members).map(([name, member]) => [name, this.#convert(member, depth + 1)]),
    );
  }

  #convertUnion(known: JsonValue | undefined, value: JsonValue, depth: number): JsonValue {
    if (known !== undefined) throw new NotExpressibleError();
    this.#countUnion();
    return this.#convertList(value, depth);
  }

  #convertList(value: JsonValue, depth: number): JsonValue {
    if (!isList(value)) throw new NotExpressibleError();
    return value.map((member) => this.#convert(member, depth + 1));
  }

  /** Objects are closed, so nothing could be all of several; and the upstream's `allOf` takes no reference. */
  #convertAllOf(value: JsonValue, depth: number): JsonValue {
    if (isList(value) && value.some(isObjectOrReference)) throw new NotExpressibleError();
    return this.#convertList(value, depth);
  }

  #countUnion(): void {
    if (++this.used.unions > MAX_UNIONS) throw new NotExpressibleError();
  }

  /** @param open names of the definitions around this place */
  #refuseRecursion(value: JsonValue | undefined, open: ReadonlySet<string>, depth: number): void {
    if (depth > MAX_DEPTH * 4) throw new NotExpressibleError();
    if (isList(value)) for (const member of value) this.#refuseRecursion(member, open, depth + 1);
    if (!isObject(value)) return;
    const reference = stringIn(value["$ref"]);
    if (reference !== undefined && !this.#settled.has(reference)) {
      if (open.has(reference)) throw new NotExpressibleError();
      this.#refuseRecursion(this.#find(reference), new Set([...open, reference]), depth + 1);
      this.#settled.add(reference);
    }
    for (const [name, member] of Object.entries(value)) {
      if (name !== "$defs" && name !== "definitions") this.#refuseRecursion(member, open, depth + 1);
    }
  }

  #find(reference: string): JsonObject {
    const [, place = "", name = ""] = /^#\/(\$defs|definitions)\/([^/]+)$/.exec(reference) ?? [];
    const definitions = this.root[place];
    const found = isObject(definitions) && Object.hasOwn(definitions, name) ? definitions[name] : undefined;
    if (!isObject(found)) throw new NotExpressibleError();
    return found;
  }
}

/** Keywords that say nothing about which values are valid. */
const ANNOTATIONS = new Set([...SILENT, "title", "description", "default"]);

/** A schema whose `allOf` has one branch, as that branch: how many generators put a description beside a reference. */
function mergeOnlyBranch(schema: JsonObject): JsonObject {
  const { allOf, ...rest } = schema as { readonly [keyword: string]: JsonValue | undefined };
  if (!isList(allOf) || allOf.length !== 1) return schema;
  const [branch] = allOf;
  if (!isObject(branch)) throw new NotExpressibleError();
  const demands = Object.keys(rest).filter((keyword) => !ANNOTATIONS.has(keyword));
  if (demands.some((keyword) => branch[keyword] !== undefined)) throw new NotExpressibleError();
  if (demands.length > 0 && isObjectOrReference(branch)) throw new NotExpressibleError();
  return { ...branch, ...rest };
}

function isObjectOrReference(schema: JsonValue): boolean {
  return isObject(schema) && (schema["$ref"] !== undefined || describesObject(schema));
}

function describesObject(schema: JsonObject): boolean {
  const types = isList(schema["type"]) ? schema["type"] : [schema["type"]];
  return schema["properties"] !== undefined || types.some((type) => stringIn(type) === "object");
}

function describe(description: JsonValue | undefined, told: readonly string[]): string {
  return [stringIn(description) ?? "", `(${told.join("; ")})`].filter((part) => part !== "").join(" ");
}

function readable(value: JsonValue): string {
  return Buffer.from(writeJson(value), "latin1").toString("utf8");
}
