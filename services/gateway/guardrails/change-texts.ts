import { isList, isObject } from "../json/client-value";
import { type JsonObject, type JsonValue, RawNumber, type Text } from "../json/json-value";
import { isText } from "../json/text";
import type { ValuePath } from "../wire/internal/content-blocks";
import type { MessagesRequest } from "../wire/internal/request";

/** Members of the request that the gateway itself has chosen. */
const OWN = new Set(["model", "max_tokens", "stream", "anthropic_version"]);
/** Members of blocks that are names, or that the provider has made and takes back only unchanged. */
const OPAQUE = new Set([
  "type",
  "role",
  "id",
  "tool_use_id",
  "media_type",
  "cache_control",
  "signature",
  "encrypted_content",
  "encrypted_index",
  "encrypted_stdout",
]);
/** Shorter numbers say nothing about anybody: a card has 13 digits at least. */
const LEAST_NUMBER = 1e12;
/** Blocks that the provider has signed or encrypted. */
const SIGNED = new Set(["thinking", "redacted_thinking"]);

/** @returns the text to take its place: the same one when it stays */
export type ChangeText = (text: Text, path: ValuePath) => Text;

/**
 * Every text of a request that somebody may have written: instructions, turns, inputs and results of tools, documents,
 * and all parameters. Whatever is not known to be opaque is a text, so that blocks of a new kind are not passed over.
 * In the input of a tool a long number is one, too. Not changed are media in base64, thinking and its signatures, and names of members.
 * @returns the same request when no text was changed
 */
export function changeTexts(request: MessagesRequest, change: ChangeText): MessagesRequest {
  return new Walk(change).request(request);
}

class Walk {
  readonly #path: (string | number)[] = [];
  readonly #change: ChangeText;

  constructor(change: ChangeText) {
    this.#change = change;
  }

  request(request: MessagesRequest): MessagesRequest {
    return this.#members(request, (name, value) => {
      if (OWN.has(name)) return value;
      return name === "system" || name === "messages" ? this.#block(value) : this.#any(value);
    }) as MessagesRequest;
  }

  /** A block, a turn, or a list of them. */
  #block(value: JsonValue): JsonValue {
    if (isText(value)) return this.#change(value, this.#path);
    if (isList(value)) return this.#list(value, (item) => this.#block(item));
    if (!isObject(value)) return value;
    const type = value["type"];
    if (typeof type === "string" && SIGNED.has(type)) return value;
    return this.#members(value, (name, member) => {
      if (OPAQUE.has(name) || (name === "data" && type === "base64")) return member;
      return name === "input" ? this.#input(member) : this.#block(member);
    });
  }

  /** Any JSON of a client: no member of it has a meaning here. */
  #any(value: JsonValue): JsonValue {
    if (isText(value)) return this.#change(value, this.#path);
    if (isList(value)) return this.#list(value, (item) => this.#any(item));
    return isObject(value) ? this.#members(value, (_name, member) => this.#any(member)) : value;
  }

  /** The same where numbers may be somebody's; one that is changed becomes text. */
  #input(value: JsonValue): JsonValue {
    if (isText(value)) return this.#change(value, this.#path);
    if (isList(value)) return this.#list(value, (item) => this.#input(item));
    if (isObject(value)) return this.#members(value, (_name, member) => this.#input(member));
    const text = value instanceof RawNumber ? value.text : String(value);
    if (!(Number(text) >= LEAST_NUMBER)) return value;
    const changed = this.#change(text, this.#path);
    return changed === text ? value : changed;
  }

  #list(list: readonly JsonValue[], change: (item: JsonValue) => JsonValue): readonly JsonValue[] {
    let changed: JsonValue[] | undefined;
    for (const [index, item] of list.entries()) {
      const next = this.#step(index, item, change);
      if (next === item) continue;
      changed ??= [...list];
      changed[index] = next;
    }
    return changed ?? list;
  }

  #members(object: JsonObject, change: (name: string, value: JsonValue) => JsonValue): JsonObject {
    let changed: Map<string, JsonValue | undefined> | undefined;
    for (const name of Object.keys(object)) {
      const value = object[name];
      if (value === undefined) continue;
      const next = this.#step(name, value, (member) => change(name, member));
      if (next === value) continue;
      changed ??= new Map(Object.entries(object));
      changed.set(name, next);
    }
    // Not by assignment: `__proto__` is a name like any other.
    return changed === undefined ? object : (Object.fromEntries(changed) as JsonObject);
  }

  #step<Value>(step: string | number, value: Value, change: (value: Value) => Value): Value {
    this.#path.push(step);
    const next = change(value);
    this.#path.pop();
    return next;
  }
}
