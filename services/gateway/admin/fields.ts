import { z } from "zod";
import { usdToNanoUsd } from "../../shared/nano-usd";

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** What a duration may look like, for messages. */
export const DURATION_FORM = "a whole number and a unit: 30s, 30m, 30h, 30d, 4w or 1mo";

/** Ten years: further ahead is a mistake. */
const MAX_MS = 3650 * 86_400_000;

/**
 * A moment later by a duration such as `30d`. `mo` is a calendar month in UTC; the 31st becomes the last day of
 * a shorter month.
 * @returns `undefined` when the text is no duration, is zero, or leads further than ten years
 */
export function addDuration(from: Date, duration: string): Date | undefined {
  const match = /^(\d{1,9})(s|m|h|d|w|mo)$/.exec(duration);
  if (match === null) return undefined;
  const count = Number(match[1]);
  const unit = match[2] ?? "";
  const end =
    unit === "mo" ? addMonths(from, count) : new Date(from.getTime() + count * (UNIT_MS[unit] ?? 0));
  const length = end.getTime() - from.getTime();
  return length > 0 && length <= MAX_MS ? end : undefined;
}

function addMonths(from: Date, count: number): Date {
  const first = new Date(from);
  first.setUTCDate(1);
  first.setUTCMonth(first.getUTCMonth() + count);
  const lastDay = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  first.setUTCDate(Math.min(from.getUTCDate(), lastDay));
  return first;
}

/** Fields that the bodies of management calls share. `null` clears a field where a body changes something. */

/** Bytes of metadata, as JSON. */
const MAX_METADATA_BYTES = 16 * 1024;
/** Lists and objects inside each other, in metadata. What reads JSON recursively ends the process, or its statement, some thousands further. */
const MAX_METADATA_DEPTH = 32;

/** Text that something is looked up by. Postgres takes no NUL, and UTF-8 no half of a character. */
export const reference = (max: number) =>
  z
    .string("must be a string")
    .max(max, `must be at most ${max} characters`)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, "must not contain control characters or unpaired surrogates");

/** A name without control characters. */
export const name = (max: number) => reference(max).min(1, "must not be empty");

/** A number of requests or tokens. */
export const limit = z.int("must be an integer").min(0, "must not be negative").nullish();

/** Length of a budget period. */
export const duration = z
  .string(`must be ${DURATION_FORM}`)
  .refine(
    (text) => addDuration(new Date(), text) !== undefined,
    `must be ${DURATION_FORM}, at most ten years`,
  )
  .nullish();

/** How long a key is valid from now on; `-1` and `null` mean for ever. */
export const lifetime = z
  .string(`must be ${DURATION_FORM}, or -1`)
  .refine(
    (text) => text === "-1" || addDuration(new Date(), text) !== undefined,
    `must be ${DURATION_FORM}, at most ten years, or -1 for no limit`,
  )
  .nullish();

/** USD in, nano-USD out. */
export const usd = z
  .number("must be an amount in USD")
  .transform((amount, context) => {
    const nanoUsd = usdToNanoUsd(amount);
    if (nanoUsd !== undefined) return nanoUsd;
    context.issues.push({
      code: "custom",
      input: amount,
      message: "must be an amount in USD, not negative, with at most 9 decimal places",
    });
    return z.NEVER;
  })
  .nullish();

export const models = z
  .array(name(200), "must be an array of model names")
  .max(500, "must have at most 500 models")
  .nullish();

export const metadata = z
  .record(z.string(), z.unknown(), "must be an object")
  .superRefine((value, context) => {
    const fault = faultOfMetadata(value);
    if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
  })
  .nullish();

/** Why metadata cannot be stored as they are. Not recursive: nothing has bounded their depth before. */
function faultOfMetadata(metadata: object): string | undefined {
  let level: readonly unknown[] = [metadata];
  for (let depth = 0; level.length > 0; depth += 1) {
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value === "string" && !isJsonText(value)) return METADATA_TEXT_FORM;
      if (typeof value === "number" && !Number.isFinite(value))
        return "must not contain numbers beyond 1.8e308";
      if (typeof value !== "object" || value === null) continue;
      if (depth === MAX_METADATA_DEPTH) return `must be at most ${MAX_METADATA_DEPTH} levels deep`;
      if (!Array.isArray(value) && !Object.keys(value).every(isJsonText)) return METADATA_TEXT_FORM;
      for (const member of Object.values(value)) next.push(member);
    }
    level = next;
  }
  return Buffer.byteLength(JSON.stringify(metadata)) <= MAX_METADATA_BYTES
    ? undefined
    : `must be at most ${MAX_METADATA_BYTES} bytes`;
}

/** `jsonb` takes line breaks and tabs, and neither NUL characters nor halves of characters. */
const isJsonText = (text: string) => !/[\0\p{Cs}]/u.test(text);
const METADATA_TEXT_FORM = "must not contain NUL characters or unpaired surrogates";

/** A whole number in a query, such as a page. */
export const queryInteger = (min: number, max: number, fallback: number) =>
  optionalQueryInteger(min, max).default(fallback);

/** A number in a query that may be left out. */
export const optionalQueryInteger = (min: number, max: number) =>
  z.coerce
    .number(`must be an integer from ${min} to ${max}`)
    .int(`must be an integer from ${min} to ${max}`)
    .min(min, `must be at least ${min}`)
    .max(max, `must be at most ${max}`)
    .optional();

/** A flag in a query. */
export const queryFlag = z
  .enum(["true", "false", "True", "False", "1", "0"], "must be true or false")
  .transform((text) => text.toLowerCase() === "true" || text === "1");
