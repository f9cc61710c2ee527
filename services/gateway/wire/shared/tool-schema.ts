import {
  isAbsent,
  isList,
  isObject,
  kindOf,
  quote,
  requireObject,
  stringIn,
  TranslationError,
} from "../../json/client-value";
import type { JsonObject, JsonValue } from "../../json/json-value";
import { writeJson } from "../../json/write-json";

/** Schema of a tool that takes no input. */
export const NO_INPUT: JsonObject = { type: "object", properties: {} };

const COMBINERS = ["allOf", "anyOf", "oneOf"] as const;

/**
 * The schema of a tool's input as the upstream accepts it: `type` is `object`, and alternatives at the top become one
 * object that has the properties of all. What is inside stays as it is.
 * @throws TranslationError when it does not describe an object
 */
export function repairToolSchema(schema: JsonValue | undefined, path: string): JsonObject {
  if (isAbsent(schema)) return NO_INPUT;
  const given = requireObject(schema, path);
  requireObjectType(given["type"], `${path}.type`);
  if (COMBINERS.every((name) => given[name] === undefined)) {
    return stringIn(given["type"]) === "object" ? given : { ...given, type: "object" };
  }
  return flatten(given);
}

function requireObjectType(type: JsonValue | undefined, path: string): void {
  const types = isList(type) ? type : [type];
  if (isAbsent(type) || types.some((one) => stringIn(one) === "object")) return;
  const found = stringIn(type);
  throw new TranslationError(
    path,
    `${path} must be "object", not ${found === undefined ? kindOf(type) : quote(found)}`,
  );
}

/** The object and its alternatives as one. A property counts as required when every alternative requires it. */
function flatten(schema: JsonObject): JsonObject {
  const rest: Record<string, JsonValue | undefined> = { ...schema, type: "object" };
  const properties: Alternatives = new Map();
  const required = new Set(namesIn(schema["required"]));
  addProperties(properties, schema["properties"]);
  for (const combiner of COMBINERS) {
    delete rest[combiner];
    const branches = (isList(schema[combiner]) ? schema[combiner] : []).map((branch) =>
      resolve(branch, schema),
    );
    for (const branch of branches) addProperties(properties, branch["properties"]);
    const demands = branches.map((branch) => new Set(namesIn(branch["required"])));
    const first = demands[0] ?? new Set<string>();
    const all =
      combiner === "allOf"
        ? demands.flatMap((names) => [...names])
        : [...first].filter((name) => demands.every((names) => names.has(name)));
    for (const name of all) required.add(name);
  }
  return {
    ...rest,
    properties: Object.fromEntries(
      [...properties].map(([name, schemas]) => [name, toOne([...schemas.values()])]),
    ),
    ...(required.size > 0 ? { required: [...required] } : { required: undefined }),
  };
}

/** Schemas for each property, by how they are written, so that each is there once. */
type Alternatives = Map<string, Map<string, JsonValue>>;

function addProperties(known: Alternatives, properties: JsonValue | undefined): void {
  if (!isObject(properties)) return;
  for (const [name, schema] of Object.entries(properties)) {
    if (schema === undefined) continue;
    const schemas = known.get(name) ?? new Map<string, JsonValue>();
    known.set(name, schemas.set(writeJson(schema), schema));
  }
}

function toOne(schemas: readonly JsonValue[]): JsonValue {
  return schemas.length === 1 ? (schemas[0] as JsonValue) : { anyOf: schemas };
}

/** A branch, also where it only names a definition of the same schema. */
function resolve(branch: JsonValue, root: JsonObject): JsonObject {
  if (!isObject(branch)) return {};
  const [, place, name] = /^#\/(\$defs|definitions)\/([^/]+)$/.exec(stringIn(branch["$ref"]) ?? "") ?? [];
  if (place === undefined || name === undefined) return branch;
  const definitions = root[place];
  const definition =
    isObject(definitions) && Object.hasOwn(definitions, name) ? definitions[name] : undefined;
  return isObject(definition) ? definition : branch;
}

function namesIn(required: JsonValue | undefined): string[] {
  return isList(required) ? required.flatMap((name) => stringIn(name) ?? []) : [];
}
