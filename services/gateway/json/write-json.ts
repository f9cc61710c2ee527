import { type JsonObject, type JsonValue, RawNumber, RawText } from "./json-value";
import { toByteText } from "./text";

// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON escapes them
const NEEDS_CARE = /["\\\x00-\x1f\x80-\uffff]/;

/**
 * JSON as `JSON.stringify` writes it, with one character for each byte of UTF-8. Texts and numbers that were passed on
 * are written as they came, members that are `undefined` are left out.
 */
export function writeJson(value: JsonValue): string {
  switch (typeof value) {
    case "string":
      return writeString(value);
    case "number":
      return Number.isFinite(value) ? String(value) : "null";
    case "boolean":
      return value ? "true" : "false";
    default:
      if (value === null || value === undefined) return "null";
      if (value instanceof RawText) return `"${value.escaped}"`;
      if (value instanceof RawNumber) return value.text;
      return isList(value) ? writeList(value) : writeObject(value);
  }
}

function writeString(text: string): string {
  return NEEDS_CARE.test(text) ? toByteText(JSON.stringify(text)) : `"${text}"`;
}

function writeList(list: readonly JsonValue[]): string {
  let json = "[";
  for (let index = 0; index < list.length; index++) {
    if (index > 0) json += ",";
    json += writeJson(list[index] as JsonValue);
  }
  return `${json}]`;
}

function writeObject(object: JsonObject): string {
  let json = "{";
  let separator = "";
  for (const name of Object.keys(object)) {
    const value = object[name];
    if (value === undefined) continue;
    json += `${separator}${writeString(name)}:${writeJson(value)}`;
    separator = ",";
  }
  return `${json}}`;
}

function isList(value: JsonObject | readonly JsonValue[]): value is readonly JsonValue[] {
  return Array.isArray(value);
}
