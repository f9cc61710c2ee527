import { isUtf8 } from "node:buffer";
import {
  JsonLimitError,
  type JsonObject,
  JsonSyntaxError,
  type JsonValue,
  RawNumber,
  RawText,
  ValueAllowance,
} from "./json-value";
import { StringScanner, scanNumber } from "./scan";
import { VectorStringScanner } from "./vector-string-scanner";

/**
 * Reads the body of a request, once. It is ours because `JSON.parse` and the libraries decode every text and round every number:
 * here long texts stay bytes and numbers stay exact, and limits hold before memory is spent.
 *
 * What it accepts is what `JSON.parse` accepts, except for limits on nesting, on the number
 * of values and on that of the outermost fields, repeated ones included; every byte is validated, also in texts that are not decoded.
 *
 * A name that comes twice in an object is not refused: the last one counts, as in `JSON.parse`. No other reader can see
 * the first one, because only what was read here is written anew and sent. `__proto__` is a name like any other.
 *
 * Long strings become `RawText`. Numbers become `RawNumber` when they would be written differently; only a member of the
 * outermost object, which is a parameter such as `temperature`, is a plain number also when it came as `1.0`.
 * @param allowance of values; what was read of it is used, also when reading fails. @default - that of one request
 * @throws JsonSyntaxError
 */
export function parseJson(bytes: Buffer, allowance = new ValueAllowance()): JsonValue {
  if (!isUtf8(bytes)) throw new JsonSyntaxError("not valid UTF-8", 0);
  return new BodyReader(bytes, allowance).readDocument();
}

const NAME_CACHE_SLOTS = 512;
/** Names of fields are short; longer texts seldom come twice. */
const MAX_CACHED_NAME_BYTES = 24;

/**
 * Short ASCII texts that keep coming, such as names of fields: the same text is the same string, which is neither made
 * nor hashed again. Bounded: a new text takes the slot of an old one.
 */
export class NameCache {
  readonly #slots: string[] = new Array<string>(NAME_CACHE_SLOTS).fill("");

  /** The text of `bytes` from `start` to `end`, which is ASCII. */
  find(bytes: Buffer, start: number, end: number): string {
    const length = end - start;
    if (length === 0) return "";
    if (length > MAX_CACHED_NAME_BYTES) return bytes.toString("latin1", start, end);
    const first = bytes[start] as number;
    const middle = bytes[start + (length >> 1)] as number;
    const last = bytes[end - 1] as number;
    const slot = (first * 31 + middle * 7 + last * 131 + length * 61) & (NAME_CACHE_SLOTS - 1);
    const known = this.#slots[slot] as string;
    if (known.length === length && isAt(known, bytes, start)) return known;
    const made = bytes.toString("latin1", start, end);
    this.#slots[slot] = made;
    return made;
  }
}

function isAt(known: string, bytes: Uint8Array, start: number): boolean {
  for (let index = 0; index < known.length; index++) {
    if (known.charCodeAt(index) !== bytes[start + index]) return false;
  }
  return true;
}

/** Strings of at least so many bytes, counted as they are escaped, are passed on without being decoded. */
const RAW_TEXT_BYTES = 512;
/** What people, models and tools said is read by nobody, so there less is enough. */
const RAW_SPEECH_BYTES = 48;
const SPEECH: ReadonlySet<string> = new Set(["content", "text", "thinking", "output"]);
/** Smaller bodies are read before vector instructions would have begun to pay. */
const VECTORS_FROM_BYTES = 2048;
/** Arrays and objects inside each other; more is refused. */
const MAX_DEPTH = 128;
/** Members of the outermost object; more is refused. They are copied and looked at one by one, and no API has a hundred. */
const MAX_FIELDS = 1000;

const names = new NameCache();

/** Reads one JSON document of valid UTF-8. */
class BodyReader {
  readonly #bytes: Buffer;
  readonly #strings: StringScanner | VectorStringScanner;
  #position = 0;
  #depth = 0;
  #values = 0;
  readonly #allowance: ValueAllowance;
  readonly #mostValues: number;

  constructor(bytes: Buffer, allowance: ValueAllowance) {
    this.#bytes = bytes;
    this.#allowance = allowance;
    this.#mostValues = allowance.left;
    const vectors = bytes.length < VECTORS_FROM_BYTES ? undefined : VectorStringScanner.of(bytes);
    this.#strings = vectors ?? new StringScanner(bytes);
  }

  readDocument(): JsonValue {
    try {
      const value = this.#readValue(this.#nextToken());
      this.#nextToken();
      if (this.#position < this.#bytes.length) throw this.#expected("the end of the body");
      return value;
    } finally {
      this.#allowance.use(this.#values);
    }
  }

  /** Skips white space. @returns the byte that follows, 0 at the end */
  #nextToken(): number {
    const bytes = this.#bytes;
    let position = this.#position;
    while (position < bytes.length) {
      const byte = bytes[position] as number;
      if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) {
        this.#position = position;
        return byte;
      }
      position++;
    }
    this.#position = position;
    return 0;
  }

  /** @param rawBytes from how many bytes on a string is passed on as it came */
  #readValue(token: number, rawBytes = RAW_TEXT_BYTES): JsonValue {
    if (++this.#values > this.#mostValues) {
      throw new JsonLimitError(`more than ${this.#mostValues} values`, this.#position);
    }
    switch (token) {
      case 0x22:
        return this.#readString(rawBytes);
      case 0x7b:
        return this.#readObject();
      case 0x5b:
        return this.#readArray();
      case 0x74:
        return this.#readLiteral("true", true);
      case 0x66:
        return this.#readLiteral("false", false);
      case 0x6e:
        return this.#readLiteral("null", null);
      default:
        if (token === 0x2d || (token >= 0x30 && token <= 0x39)) return this.#readNumber();
        throw this.#expected("a value");
    }
  }

  #readObject(): JsonObject {
    const object: Record<string, JsonValue> = {};
    this.#enter();
    let fieldsLeft = this.#depth === 1 ? MAX_FIELDS : Number.POSITIVE_INFINITY;
    let token = this.#nextToken();
    if (token !== 0x7d) {
      for (;;) {
        if (--fieldsLeft < 0) throw new JsonLimitError(`more than ${MAX_FIELDS} fields`, this.#position);
        if (token !== 0x22) throw this.#expected("a name in quotes");
        const name = this.#readName();
        if (this.#nextToken() !== 0x3a) throw this.#expected("a colon");
        this.#position++;
        token = this.#nextToken();
        const isSpeech = token === 0x22 && SPEECH.has(name);
        const value = this.#readValue(token, isSpeech ? RAW_SPEECH_BYTES : RAW_TEXT_BYTES);
        if (name === "__proto__") defineOwn(object, name, value);
        else object[name] = value;
        token = this.#nextToken();
        if (token === 0x7d) break;
        if (token !== 0x2c) throw this.#expected("a comma or the end of the object");
        this.#position++;
        token = this.#nextToken();
      }
    }
    this.#leave();
    return object;
  }

  #readArray(): JsonValue[] {
    const array: JsonValue[] = [];
    this.#enter();
    let token = this.#nextToken();
    if (token !== 0x5d) {
      for (;;) {
        array.push(this.#readValue(token));
        token = this.#nextToken();
        if (token === 0x5d) break;
        if (token !== 0x2c) throw this.#expected("a comma or the end of the list");
        this.#position++;
        token = this.#nextToken();
      }
    }
    this.#leave();
    return array;
  }

  #enter(): void {
    if (++this.#depth > MAX_DEPTH) {
      throw new JsonLimitError(`nested deeper than ${MAX_DEPTH} levels`, this.#position);
    }
    this.#position++;
  }

  #leave(): void {
    this.#depth--;
    this.#position++;
  }

  #readString(rawBytes: number): string | RawText {
    const start = this.#position + 1;
    const end = this.#strings.scan(start);
    this.#position = end + 1;
    if (end - start >= rawBytes) return new RawText(this.#bytes, start, end);
    return this.#decode(start, end);
  }

  #readName(): string {
    const start = this.#position + 1;
    const end = this.#strings.scan(start);
    this.#position = end + 1;
    return this.#decode(start, end);
  }

  #decode(start: number, end: number): string {
    const { hasEscape, mayBeWide } = this.#strings;
    if (hasEscape) return JSON.parse(this.#bytes.toString("utf8", start - 1, end + 1)) as string;
    return mayBeWide ? this.#bytes.toString("utf8", start, end) : names.find(this.#bytes, start, end);
  }

  #readNumber(): number | RawNumber {
    const start = this.#position;
    const end = scanNumber(this.#bytes, start);
    this.#position = end;
    if (end === start + 1) return (this.#bytes[start] as number) - 0x30;
    const text = this.#byteText(start, end);
    const value = Number(text);
    if (String(value) === text) return value;
    const isParameter = this.#depth === 1 && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
    return isParameter ? value : new RawNumber(text);
  }

  /** A copy: a slice of a text of the whole body would keep all of it in memory, for as long as a name is known. */
  #byteText(start: number, end: number): string {
    return this.#bytes.toString("latin1", start, end);
  }

  #readLiteral<T>(literal: string, value: T): T {
    for (let index = 1; index < literal.length; index++) {
      if (this.#bytes[this.#position + index] !== literal.charCodeAt(index)) throw this.#expected("a value");
    }
    this.#position += literal.length;
    return value;
  }

  #expected(what: string): JsonSyntaxError {
    return new JsonSyntaxError(`expected ${what}`, this.#position);
  }
}

/** Assigning would set the prototype. */
function defineOwn(object: object, name: string, value: JsonValue): void {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}
