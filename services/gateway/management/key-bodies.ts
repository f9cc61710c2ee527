import { z } from "zod";
import { usdToNanoUsd } from "../pricing/money";
import { addDuration, DURATION_FORM } from "./duration";

/** Bytes of a key's metadata, as JSON. */
const MAX_METADATA_BYTES = 16 * 1024;

const name = (max: number) =>
  z
    .string("must be text")
    .min(1, "must not be empty")
    .max(max, `must be at most ${max} characters`)
    .regex(/^\P{Cc}+$/u, "must not hold control characters");

const limit = z.int("must be a whole number").min(0, "must not be negative").nullish();

const duration = z
  .string(`must be ${DURATION_FORM}`)
  .refine(
    (text) => addDuration(new Date(), text) !== undefined,
    `must be ${DURATION_FORM}, at most ten years`,
  )
  .nullish();

const budget = z
  .number("must be an amount in USD")
  .transform((usd, context) => {
    const nanoUsd = usdToNanoUsd(usd);
    if (nanoUsd !== undefined) return nanoUsd;
    context.issues.push({
      code: "custom",
      input: usd,
      message: "must be an amount in USD, not negative, with at most 9 decimal places",
    });
    return z.NEVER;
  })
  .nullish();

const metadata = z
  .record(z.string(), z.unknown(), "must be an object")
  .refine(
    (value) => Buffer.byteLength(JSON.stringify(value)) <= MAX_METADATA_BYTES,
    `must be at most ${MAX_METADATA_BYTES} bytes`,
  )
  .refine((value) => !JSON.stringify(value).includes("\\u0000"), "must not hold NUL characters")
  .nullish();

/** `POST /key/generate`. A field that is not here is refused by name, so that no restriction is lost without a word. */
export const generateKeyBody = z.strictObject({
  key: z
    .string("must be text")
    .regex(
      /^sk-[\w.-]{13,253}$/,
      "must be sk- followed by 13 to 253 letters, digits, dots, dashes or underscores",
    )
    .nullish(),
  key_alias: name(255).nullish(),
  user_id: name(255).nullish(),
  models: z
    .array(name(200), "must be a list of model names")
    .max(500, "must be at most 500 models")
    .nullish(),
  metadata,
  duration,
  max_budget: budget,
  budget_duration: duration,
  rpm_limit: limit,
  tpm_limit: limit,
  max_parallel_requests: limit,
});

/** `GET /key/info`. */
export const keyInfoQuery = z.strictObject({
  key: z.string().max(300).optional(),
  key_alias: z.string().max(300).optional(),
});

/** `POST /key/delete`. */
export const deleteKeyBody = z
  .strictObject({
    keys: z
      .array(z.string("must be text").max(300), "must be a list of keys or their hashes")
      .max(1000)
      .nullish(),
    key_aliases: z.array(z.string("must be text").max(300), "must be a list of aliases").max(1000).nullish(),
  })
  .refine(
    (body) => (body.keys?.length ?? 0) + (body.key_aliases?.length ?? 0) > 0,
    "must hold keys or key_aliases",
  );
