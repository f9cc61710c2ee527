import { z } from "zod";
import { usdToNanoUsd } from "../pricing/money";
import { addDuration, DURATION_FORM } from "./duration";

/** Fields that the bodies of management calls share. `null` clears a field where a body changes something. */

/** Bytes of metadata, as JSON. */
const MAX_METADATA_BYTES = 16 * 1024;

/** A name without control characters. */
export const name = (max: number) =>
  z
    .string("must be text")
    .min(1, "must not be empty")
    .max(max, `must be at most ${max} characters`)
    .regex(/^\P{Cc}+$/u, "must not hold control characters");

/** A number of requests or tokens. */
export const limit = z.int("must be a whole number").min(0, "must not be negative").nullish();

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
    `must be ${DURATION_FORM}, at most ten years, or -1 for ever`,
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
  .array(name(200), "must be a list of model names")
  .max(500, "must be at most 500 models")
  .nullish();

export const metadata = z
  .record(z.string(), z.unknown(), "must be an object")
  .refine(
    (value) => Buffer.byteLength(JSON.stringify(value)) <= MAX_METADATA_BYTES,
    `must be at most ${MAX_METADATA_BYTES} bytes`,
  )
  .refine((value) => !JSON.stringify(value).includes("\\u0000"), "must not hold NUL characters")
  .nullish();

/** A whole number in a query, such as a page. */
export const queryInteger = (min: number, max: number, fallback: number) =>
  z.coerce
    .number(`must be a whole number from ${min} to ${max}`)
    .int(`must be a whole number from ${min} to ${max}`)
    .min(min, `must be at least ${min}`)
    .max(max, `must be at most ${max}`)
    .default(fallback);

/** A flag in a query. */
export const queryFlag = z
  .enum(["true", "false", "True", "False", "1", "0"], "must be true or false")
  .transform((text) => text.toLowerCase() === "true" || text === "1");
