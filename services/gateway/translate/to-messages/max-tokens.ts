import type { JsonValue } from "../../json/json-value";
import { TranslationError } from "../translation-error";
import { isAbsent, kindOf, numberIn } from "./read-value";

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
    `${field} must be a whole number from 1 to ${Number.MAX_SAFE_INTEGER}, not ${found}`,
  );
}

/** Says that an answer will be shorter than the client asked for; nothing where it will not. */
export function tellShortened(asked: number | undefined, most: number): readonly string[] {
  return asked === undefined || asked <= most ? [] : [`max_tokens=${most}`];
}
