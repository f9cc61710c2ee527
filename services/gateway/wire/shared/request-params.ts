import {
  isAbsent,
  isList,
  isObject,
  kindOf,
  notSupported,
  numberIn,
  TranslationError,
} from "../../json/client-value";
import type { JsonObject, JsonValue } from "../../json/json-value";

/** How the next token is chosen. */
export interface Sampling {
  /** From 0 to 2, as with OpenAI. */
  readonly temperature?: number | undefined;
  readonly top_p?: number | undefined;
  readonly top_k?: number | undefined;
}

/**
 * `temperature`, `top_p` and `top_k` of a body, each optional.
 * @throws TranslationError for numbers out of OpenAI's range
 */
export function readSampling(body: JsonObject): Sampling {
  const temperature = readNumber(body, "temperature", 2);
  const topP = readNumber(body, "top_p", 1);
  const topK = readNumber(body, "top_k", Number.MAX_SAFE_INTEGER, -1);
  return {
    temperature,
    top_p: topP,
    // Elsewhere 0 and -1 mean no limit.
    top_k: topK === undefined || topK <= 0 ? undefined : Math.ceil(topK),
  };
}

/** What is sent of it, and what is told of the rest. */
interface FittedSampling {
  readonly sampling: Sampling;
  readonly droppedParams: readonly string[];
  readonly degradations: readonly string[];
}

/** OpenAI goes up to 2, Anthropic to 1. */
const MAX_TEMPERATURE = 1;

/**
 * What is sent of it. Newer models refuse all of it, thinking ones too, and no model takes `temperature` with `top_p`:
 * temperature is what clients set on purpose.
 */
export function fitSampling(sampling: Sampling, isAccepted: boolean): FittedSampling {
  if (!isAccepted) {
    const droppedParams = NAMES.filter((name) => sampling[name] !== undefined);
    return { sampling: {}, droppedParams, degradations: NO_NAMES };
  }
  const { temperature, top_p: topP } = sampling;
  if (temperature === undefined) return { sampling, droppedParams: NO_NAMES, degradations: NO_NAMES };
  const isClamped = temperature > MAX_TEMPERATURE;
  return {
    sampling: { ...sampling, temperature: isClamped ? MAX_TEMPERATURE : temperature, top_p: undefined },
    droppedParams: topP === undefined || topP === 1 ? NO_NAMES : ["top_p"],
    degradations: isClamped ? [`temperature=${MAX_TEMPERATURE}`] : NO_NAMES,
  };
}

const NAMES = ["temperature", "top_p", "top_k"] as const;

function readNumber(body: JsonObject, field: string, max: number, min = 0): number | undefined {
  const value = body[field];
  if (isAbsent(value)) return undefined;
  const number = numberIn(value);
  if (number !== undefined && number >= min && number <= max) return number;
  const range = max === Number.MAX_SAFE_INTEGER ? `from ${min} up` : `from ${min} to ${max}`;
  throw new TranslationError(field, `${field} must be a number ${range}, not ${number ?? kindOf(value)}`);
}

/**
 * Most tokens of an answer that a client asks for. @returns `undefined` when it does not say
 * @throws TranslationError for anything but a positive whole number that is exact
 */
export function readMaxTokens(value: JsonValue | undefined, field: string): number | undefined {
  if (isAbsent(value)) return undefined;
  const tokens = numberIn(value);
  if (tokens !== undefined && Number.isSafeInteger(tokens) && tokens >= 1) return tokens;
  throw notTokens(field, tokens ?? kindOf(value));
}

/** @param found what stands in place of the number */
export function notTokens(field: string, found: number | string): TranslationError {
  return new TranslationError(
    field,
    `${field} must be an integer from 1 to ${Number.MAX_SAFE_INTEGER}, not ${found}`,
  );
}

/** Tells the client that `max_tokens` was lowered to what the model gives; nothing where it was not. */
export function maxTokensDegradation(asked: number | undefined, most: number): readonly string[] {
  return asked === undefined || asked <= most ? [] : [`max_tokens=${most}`];
}

/** Names of what a request loses on its way to a provider, each once. They are told, and never a reason to refuse. */
export class DroppedMembers {
  readonly #names = new Set<string>();

  get names(): readonly string[] {
    return this.#names.size === 0 ? NO_NAMES : [...this.#names];
  }

  /** @param name such as `messages.name`: without places in lists, so that a long conversation has few */
  add(name: string): void {
    if (this.#names.size < MAX_NAMES) this.#names.add(name);
  }

  /**
   * Adds the members of an object that nobody reads, as `<prefix>.<member>`. Empty ones mean nothing.
   * @param read members that are read, or that mean nothing outside the client's own API
   */
  addOthers(owner: JsonObject, read: ReadonlySet<string>, prefix: string): void {
    for (const name of Object.keys(owner)) {
      if (!read.has(name) && !isEmpty(owner[name])) this.add(`${prefix}.${printableName(name)}`);
    }
  }
}

const NO_NAMES: readonly string[] = [];

/** Names of fields that are told to the client, so no longer and no more than a header should be. */
const MAX_NAME_LENGTH = 64;
/** Most names that are kept of one request: a header holds fewer. */
const MAX_NAMES = 32;

/**
 * Looks at every field of a request, so that none is lost without a word.
 * @param translated fields that the translation reads, or that only the gateway uses
 * @param isNeutral whether a value means the same as leaving the field away
 * @returns names of the fields that are left out, printable, at most 32
 * @throws TranslationError when fields may not be left out
 */
export function dropUnknownParams(
  body: JsonObject,
  translated: ReadonlySet<string>,
  isNeutral: (field: string, value: JsonValue) => boolean,
  mayDrop: boolean,
): readonly string[] {
  const dropped: string[] = [];
  for (const field of Object.keys(body)) {
    if (translated.has(field)) continue;
    const value = body[field];
    if (isEmpty(value) || isNeutral(field, value as JsonValue)) continue;
    const name = printableName(field);
    if (!mayDrop) throw notSupported(name, "remove it, or let the gateway set litellm_settings.drop_params");
    if (dropped.length < MAX_NAMES) dropped.push(name);
  }
  return dropped;
}

/** A name of the client's that is told in a header and in errors. */
export function printableName(name: string): string {
  return name.slice(0, MAX_NAME_LENGTH).replace(/[^\w.-]/g, "_");
}

/** Whether a value means the same as leaving its member away. */
export function isEmpty(value: JsonValue | undefined): boolean {
  if (isAbsent(value) || value === false || value === "") return true;
  if (isList(value)) return value.length === 0;
  return isObject(value) && Object.keys(value).length === 0;
}

/**
 * Fields that clients of LiteLLM send to the gateway itself: they name the conversation, which the audit row records. No provider
 * is sent them, and nothing is lost by that.
 */
export const GATEWAY_FIELDS: readonly string[] = ["litellm_session_id", "litellm_trace_id"];

/** The same in `metadata`. */
export const GATEWAY_METADATA: readonly string[] = [...GATEWAY_FIELDS, "session_id", "trace_id"];
