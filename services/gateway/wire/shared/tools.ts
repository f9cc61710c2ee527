import { hash } from "node:crypto";
import { isAbsent, isList, quote, TranslationError } from "../../json/client-value";
import type { JsonObject, JsonValue, Text } from "../../json/json-value";
import { isBlankText } from "../../json/text";
import { toOutputSchemas } from "./output-schema";
import type { DroppedMembers } from "./request-params";
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
interface ToolTarget {
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

/** What a client says of a tool beside its name, description and input, in Anthropic's words or in OpenAI's. */
interface ToolExtras {
  /** Whether the model is held to the schema. */
  readonly isStrict?: boolean;
  /** Members of Anthropic's own tools, as they are sent. @default - none */
  readonly members?: JsonObject;
}

/**
 * Members of tools that Anthropic's own API takes without a beta. `defer_loading` is not among them: OpenAI's APIs have no tool
 * of the provider's that would find a deferred one, so the model would never see it.
 */
const ANTHROPIC_MEMBERS = ["allowed_callers", "eager_input_streaming", "input_examples"] as const;

const NO_EXTRAS: ToolExtras = {};

/** @param owners places where clients write them, the first goes before the others */
export function readToolExtras(...owners: readonly JsonObject[]): ToolExtras {
  let members: Record<string, JsonValue> | undefined;
  for (const name of ANTHROPIC_MEMBERS) {
    const value = owners.map((owner) => owner[name]).find((one) => !isAbsent(one));
    if (isAbsent(value) || value === false || (isList(value) && value.length === 0)) continue;
    members ??= {};
    members[name] = value;
  }
  const isStrict = owners.some((owner) => owner["strict"] === true);
  if (members === undefined && !isStrict) return NO_EXTRAS;
  return { isStrict, ...(members === undefined ? {} : { members }) };
}

/**
 * Most tools of a request that are held to their schemas. The provider compiles all of them into one grammar, takes its time for
 * it, and refuses the whole request when that becomes too large, at a size that it does not say; and agents mark all of
 * theirs, of which they have dozens.
 */
const MAX_STRICT_TOOLS = 4;

/** A tool as far as strictness is concerned. */
interface StrictCandidate {
  readonly extras?: ToolExtras | undefined;
  readonly schema: JsonObject;
}

/**
 * Schemas of the tools that are held to them, by their place. Either all that ask for it or none: half of a promise is none.
 * @param isAccepted whether the model and its provider compile schemas at all
 */
function planStrictSchemas(
  tools: readonly StrictCandidate[],
  isAccepted: boolean,
  dropped: DroppedMembers,
): ReadonlyMap<number, JsonObject> {
  const strict = [...tools.entries()].filter(([, { extras }]) => extras?.isStrict === true);
  if (strict.length === 0) return NOT_STRICT;
  const schemas =
    isAccepted && strict.length <= MAX_STRICT_TOOLS
      ? toOutputSchemas(strict.map(([, { schema }]) => schema))
      : undefined;
  if (schemas === undefined) {
    dropped.add("tools.strict");
    return NOT_STRICT;
  }
  return new Map(strict.map(([index], place) => [index, schemas[place] as JsonObject]));
}

const NOT_STRICT: ReadonlyMap<number, JsonObject> = new Map();

/** The members that are sent with a tool; elsewhere than at Anthropic's own API their names are noted as dropped. */
function extraMembers(
  extras: ToolExtras | undefined,
  isAnthropic: boolean,
  dropped: DroppedMembers,
): JsonObject {
  const members = extras?.members;
  if (members === undefined || isAnthropic) return members ?? NO_MEMBERS;
  for (const name of Object.keys(members)) dropped.add(`tools.${name}`);
  return NO_MEMBERS;
}

const NO_MEMBERS: JsonObject = {};

const VALID_NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const MAX_NAME_LENGTH = 64;
const HASH_LENGTH = 8;

/**
 * The name by which the upstream is told of a tool: the client's, or one made of it where the upstream would refuse it.
 * Depends on the name alone, so that a tool keeps its name in all requests of a conversation, and its cache.
 */
export function upstreamToolName(name: string): string {
  if (VALID_NAME.test(name)) return name;
  const readable = name.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, MAX_NAME_LENGTH - HASH_LENGTH - 1);
  return `${readable}_${opaqueId(name).slice(0, HASH_LENGTH)}`;
}

/** The names that had to be changed: the one that is sent → the client's. */
export function renamedTools(names: Iterable<string>): ReadonlyMap<string, string> {
  const renamed = new Map<string, string>();
  for (const name of names) {
    const sent = upstreamToolName(name);
    if (sent !== name) renamed.set(sent, name);
  }
  return renamed;
}

/** What the client says about calling tools, in any wire API. */
export type ToolChoice =
  | { readonly kind: "auto" }
  | { readonly kind: "none" }
  | { readonly kind: "required" }
  | {
      readonly kind: "tool";
      /** The client's. */
      readonly name: string;
      /** Where the name stands in the request. */
      readonly path: string;
    };

/** The choice, and the tools that it is made from. */
export interface ToolSelection {
  /** @default - the model decides */
  readonly choice: ToolChoice | undefined;
  /** The client's names of the only tools that may be called, and where they stand. @default - all */
  readonly allowed?: readonly { readonly name: string; readonly path: string }[] | undefined;
  /** Whether several tools may be called at once. */
  readonly isParallel: boolean;
}

/** A name for somebody or something that does not tell who it is: 64 hexadecimal digits, always the same ones. */
export function opaqueId(text: string): string {
  return hash("sha256", `sluice:${text}`, "hex");
}
