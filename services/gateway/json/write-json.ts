import { ByteWriter } from "./byte-writer";
import { type JsonObject, type JsonValue, RawNumber, RawText } from "./json-value";

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;

const writer = new ByteWriter();

/**
 * JSON as `JSON.stringify` writes it, with one character for each byte of UTF-8. Texts and numbers that were passed on
 * are written as they came, members that are `undefined` are left out.
 */
export function writeJson(value: JsonValue): string {
  // An error on the way, such as too deep a value, must not leave a piece for the next body.
  writer.reset();
  writeValue(value);
  return writer.take();
}

/** The bytes of `writeJson`, which for large bodies are made much faster than the text. */
export function writeJsonBytes(value: JsonValue): Buffer {
  writer.reset();
  writeValue(value);
  return writer.takeBytes();
}

function writeValue(value: JsonValue | undefined): void {
  if (typeof value === "string") writer.string(value);
  else if (typeof value === "number") writer.raw(Number.isFinite(value) ? String(value) : "null");
  else if (typeof value === "boolean") writer.raw(value ? "true" : "false");
  else if (value === null || value === undefined) writer.raw("null");
  else if (value instanceof RawText) writeRawText(value);
  else if (value instanceof RawNumber) writer.raw(value.text);
  else if (isList(value)) writeList(value);
  else writeObject(value);
}

function writeRawText({ bytes, start, end }: RawText): void {
  writer.byte(QUOTE);
  writer.copy(bytes, start, end);
  writer.byte(QUOTE);
}

function writeList(list: readonly JsonValue[]): void {
  writer.byte(0x5b);
  for (let index = 0; index < list.length; index++) {
    if (index > 0) writer.byte(COMMA);
    writeValue(list[index]);
  }
  writer.byte(0x5d);
}

function writeObject(object: JsonObject): void {
  writer.byte(0x7b);
  let isFirst = true;
  for (const name of Object.keys(object)) {
    const value = object[name];
    if (value === undefined) continue;
    if (!isFirst) writer.byte(COMMA);
    isFirst = false;
    writer.string(name);
    writer.byte(COLON);
    writeValue(value);
  }
  writer.byte(0x7d);
}

function isList(value: JsonObject | readonly JsonValue[]): value is readonly JsonValue[] {
  return Array.isArray(value);
}
