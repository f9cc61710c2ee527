import type { JsonObject, JsonValue } from "../../json/json-value";
import type { DroppedMembers } from "./dropped-members";
import { toOutputSchemas } from "./output-schema";
import { isAbsent, isList } from "./read-value";

/** What a client says of a tool beside its name, description and input, in Anthropic's words or in OpenAI's. */
export interface ToolExtras {
  /** Whether the model is held to the schema. */
  readonly isStrict?: boolean;
  /** Members of Anthropic's own tools, as they are sent. @default - none */
  readonly members?: JsonObject;
}

/**
 * Members of tools that Anthropic's own API takes without a beta. `defer_loading` is not among them: OpenAI's APIs have no tool
 * of the provider's that would find a deferred one, so the model would never see it.
 */
const PASSED = ["allowed_callers", "eager_input_streaming", "input_examples"] as const;

const NO_EXTRAS: ToolExtras = {};

/** @param owners places where clients write them, the first goes before the others */
export function readToolExtras(...owners: readonly JsonObject[]): ToolExtras {
  let members: Record<string, JsonValue> | undefined;
  for (const name of PASSED) {
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
const MAX_STRICT = 4;

/** A tool as far as strictness is concerned. */
interface StrictCandidate {
  readonly extras?: ToolExtras | undefined;
  readonly schema: JsonObject;
}

/**
 * Schemas of the tools that are held to them, by their place. Either all that ask for it or none: half of a promise is none.
 * @param isAccepted whether the model and its provider compile schemas at all
 */
export function planStrictSchemas(
  tools: readonly StrictCandidate[],
  isAccepted: boolean,
  dropped: DroppedMembers,
): ReadonlyMap<number, JsonObject> {
  const strict = [...tools.entries()].filter(([, { extras }]) => extras?.isStrict === true);
  if (strict.length === 0) return NOT_STRICT;
  const schemas =
    isAccepted && strict.length <= MAX_STRICT
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
export function extraMembers(
  extras: ToolExtras | undefined,
  isAnthropic: boolean,
  dropped: DroppedMembers,
): JsonObject {
  const members = extras?.members;
  if (members === undefined || isAnthropic) return members ?? NONE;
  for (const name of Object.keys(members)) dropped.add(`tools.${name}`);
  return NONE;
}

const NONE: JsonObject = {};
