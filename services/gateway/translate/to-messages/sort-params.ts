import type { JsonObject, JsonValue } from "../../json/json-value";
import { notSupported } from "../translation-error";
import { isAbsent, isList, isObject } from "./read-value";

/** Names of fields that are told to the client, so no longer and no more than a header should be. */
const MAX_NAME_LENGTH = 64;
const MAX_NAMES = 32;

/**
 * Looks at every field of a request, so that none is lost without a word.
 * @param translated fields that the translation reads, or that only the gateway uses
 * @param isNeutral whether a value means the same as leaving the field away
 * @returns names of the fields that are left out, printable, at most 32
 * @throws TranslationError when fields may not be left out
 */
export function sortParams(
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
