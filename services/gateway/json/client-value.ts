import { type JsonObject, type JsonValue, RawNumber, RawText, type Text } from "./json-value";
import { isText, textOf } from "./text";

/**
 * Reads values of client requests, which `parseJson` made: long texts are still escaped, and what is wrong is refused with the
 * path of the parameter. Values from providers are read by `provider-value.ts`: they are plain `JSON.parse` output, and
 * nothing in them is refused.
 */
type Value = JsonValue | undefined;

/** Whether a value is an object, not a list, text or number. */
export function isObject(value: Value): value is JsonObject {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof RawText) &&
    !(value instanceof RawNumber)
  );
}

/** Whether a value is a list. */
export function isList(value: Value): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** Whether a member is not there, or `null`, which clients send for the same. */
export function isAbsent(value: Value): value is null | undefined {
  return value === undefined || value === null;
}

/** The kind of a value, for error messages. */
export function kindOf(value: Value): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (isText(value)) return "string";
  if (value instanceof RawNumber) return "number";
  return typeof value;
}

/** A short text, or `undefined` for anything else. For names and types: long texts are decoded. */
export function stringIn(value: Value): string | undefined {
  return isText(value) ? textOf(value) : undefined;
}

/** A text of any length, as it came, or `undefined` for anything else. */
export function textIn(value: Value): Text | undefined {
  return isText(value) ? value : undefined;
}

/** A number, or `undefined` for anything else. */
export function numberIn(value: Value): number | undefined {
  if (typeof value === "number") return value;
  return value instanceof RawNumber ? Number(value.text) : undefined;
}

/** @throws TranslationError for anything but an object */
export function requireObject(value: Value, path: string): JsonObject {
  if (isObject(value)) return value;
  throw new TranslationError(path, `${path} must be an object, not ${kindOf(value)}`);
}

/** @throws TranslationError for anything but a list */
export function requireList(value: Value, path: string): readonly JsonValue[] {
  if (isList(value)) return value;
  throw new TranslationError(path, `${path} must be an array, not ${kindOf(value)}`);
}

/** @throws TranslationError for anything but text, and for empty text */
export function requireText(value: Value, path: string): string {
  const text = stringIn(value);
  if (text !== undefined && text !== "") return text;
  throw new TranslationError(path, `${path} must be a string, not ${text === "" ? "empty" : kindOf(value)}`);
}

/** A word of the client's for an error message: short, and printable. */
export function quote(word: string): string {
  return JSON.stringify(word.slice(0, 64));
}

/** A request that cannot be said in the other API without losing something. */
export class TranslationError extends Error {
  override readonly name = "TranslationError";

  /** @param param path of the field, such as `messages.0.content.1` */
  constructor(
    readonly param: string,
    message: string,
  ) {
    super(message);
  }
}

/** For what the API knows and this translation does not do. */
export function notSupported(param: string, remedy: string): TranslationError {
  return new TranslationError(param, `${param} is not supported by this gateway; ${remedy}`);
}
