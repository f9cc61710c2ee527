import { z } from "zod";
import type { ConfigPath } from "./config-path";
import { PlatformSchema } from "./schema";

/** The parts of a JSON Schema that are told to people. */
interface SchemaNode {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly pattern?: string;
  readonly examples?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | false;
  readonly propertyNames?: SchemaNode;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
}

/** What a setting may be, in words and as data. */
export interface Allowed {
  readonly type: string | undefined;
  /** Regular expression of a text. */
  readonly pattern: string | undefined;
  /** Such as `a whole number from 1024 to 65535`. */
  readonly text: string;
  /** Values, where they can be counted. */
  readonly values: readonly unknown[];
  /** Keys, where it is a map of settings. */
  readonly keys: readonly string[];
  /** What holds where nothing is written; a map or list has none. */
  readonly fallback: unknown;
  /** A value as people write it. */
  readonly example: unknown;
}

let schema: SchemaNode | undefined;

/**
 * What the schema allows at `path`, of which all but the last step may be wrong as well.
 * @param input the whole file as data: what a provider may have depends on its kind
 */
export function allowedAt(path: ConfigPath, input: unknown): Allowed {
  // Only a wrong file pays for it.
  schema ??= z.toJSONSchema(PlatformSchema, { io: "input", target: "draft-7" }) as SchemaNode;
  let node: SchemaNode | undefined = schema;
  let value = input;
  for (const step of path) {
    node = typeof step === "number" ? node?.items : childOf(choose(node, value), String(step));
    value = (value as Record<PropertyKey, unknown> | null | undefined)?.[step];
  }
  return describe(choose(node, value) ?? {});
}

function childOf(node: SchemaNode | undefined, key: string): SchemaNode | undefined {
  const { properties = {}, additionalProperties } = node ?? {};
  return Object.hasOwn(properties, key) ? properties[key] : additionalProperties || undefined;
}

/** Of several shapes the one whose constants the value has. */
function choose(node: SchemaNode | undefined, value: unknown): SchemaNode | undefined {
  const shapes = node?.oneOf ?? node?.anyOf;
  if (shapes === undefined) return node;
  const has = (value ?? {}) as Record<string, unknown>;
  return shapes.find(({ properties = {} }) => {
    const constants = Object.entries(properties).filter(([, { const: constant }]) => constant !== undefined);
    return constants.length > 0 && constants.every(([key, { const: constant }]) => has[key] === constant);
  });
}

function describe(node: SchemaNode): Allowed {
  const values = node.const === undefined ? (node.enum ?? []) : [node.const];
  const isPlain = node.default !== null && typeof node.default !== "object";
  const fallback = isPlain ? node.default : undefined;
  const example = values[0] ?? fallback ?? node.examples?.[0];
  const keys = [...Object.keys(node.properties ?? {}), ...(node.propertyNames?.enum ?? []).map(String)];
  return {
    type: node.type,
    pattern: node.pattern,
    text: inWords(node, values, example),
    values,
    keys,
    fallback,
    example,
  };
}

function inWords(node: SchemaNode, values: readonly unknown[], example: unknown): string {
  if (values.length > 0) return values.map((value) => JSON.stringify(value)).join(", ");
  const { minimum, maximum } = node;
  const range =
    minimum === undefined || maximum === undefined || maximum === Number.MAX_SAFE_INTEGER
      ? ""
      : ` from ${minimum} to ${maximum}`;
  switch (node.type) {
    case "integer":
      return `a whole number${range}`;
    case "number":
      return `a number${range}`;
    case "boolean":
      return "true or false";
    case "array":
      return "a list";
    case "object":
      return "a map of settings";
    default:
      return example === undefined ? "text" : `text such as ${JSON.stringify(example)}`;
  }
}
