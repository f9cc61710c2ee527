import { z } from "zod";
import { usdToNanoUsd } from "../../shared/nano-usd";
import { readTokenPrice } from "../money/pricing/cost";

/** The form of a reference to an environment variable. */
const ENVIRONMENT_REFERENCE = /^os\.environ\/[A-Za-z_][A-Za-z0-9_]*$/;
const REFERENCE_FORM = "os.environ/NAME, the name of an environment variable that holds it";

/** A secret, by the variable that holds it. */
const secretReference = z
  .string(`must be ${REFERENCE_FORM}`)
  .regex(ENVIRONMENT_REFERENCE, `must be ${REFERENCE_FORM}; a secret itself must not stand in this file`);

/** A value that comes from one variable only. */
export const fixedReference = (name: string) =>
  z
    .literal(`os.environ/${name}`, `must be os.environ/${name}; the gateway reads it from that variable only`)
    .optional();

/** USD a token → pico-USD a token. */
const price = z
  .union([z.number(), z.string()], "must be USD a token, such as 3e-06")
  .transform((value, context) => {
    const picoUsd = readTokenPrice(value);
    if (picoUsd !== undefined) return picoUsd;
    context.issues.push({
      code: "custom",
      input: value,
      message: `is ${String(value)}; must be USD a token, not negative, with at most 12 decimal places, such as 3e-06`,
    });
    return z.NEVER;
  })
  .optional();

/** USD → nano-USD. */
export const amount = z
  .union([z.number(), z.string()], "must be an amount in USD")
  .transform((value, context) => {
    const nanoUsd = usdToNanoUsd(value);
    if (nanoUsd !== undefined) return nanoUsd;
    context.issues.push({
      code: "custom",
      input: value,
      message: `is ${String(value)}; must be an amount in USD, not negative, with at most 9 decimal places`,
    });
    return z.NEVER;
  })
  .optional();

/** A number of tokens. */
const tokens = z
  .number("must be a number of tokens")
  .int("must be a whole number")
  .min(1, "must be at least 1")
  .optional();

/** True or false. */
export const flag = z.boolean("must be true or false").optional();

/** A whole number between two others, these included. */
export const wholeNumber = (min: number, max: number) =>
  z
    .number(`must be a whole number from ${min} to ${max}`)
    .int("must be a whole number")
    .min(min, `must be at least ${min}`)
    .max(max, `must be at most ${max}`)
    .optional();

const SECONDS = "must be a number of seconds from 0.1 to 7200";
/** A time limit in seconds → in milliseconds. */
export const timeLimit = z
  .number(SECONDS)
  .min(0.1, SECONDS)
  .max(7200, SECONDS)
  .transform((seconds) => Math.round(seconds * 1000))
  .optional();

/** Settings that are known and change nothing. */
export const ignored = (names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, z.unknown().optional()]));

/**
 * Settings of LiteLLM that a file may hold although they change nothing here yet. They are named at the start,
 * so that nobody believes them in force. Anything not known at all is refused: it is most likely a typo.
 */
export const WITHOUT_EFFECT = {
  general_settings: [
    "always_include_stream_usage",
    "alerting",
    "store_model_in_db",
    "proxy_batch_write_at",
    "disable_spend_logs",
  ],
  litellm_settings: [
    "callbacks",
    "success_callback",
    "failure_callback",
    "langfuse_default_tags",
    "modify_params",
    "set_verbose",
    "json_logs",
    "cache",
    "cache_params",
    "fallbacks",
    "default_fallbacks",
  ],
  router_settings: [
    "routing_strategy",
    "fallbacks",
    "model_group_alias",
    "redis_host",
    "redis_port",
    "redis_password",
    "enable_pre_call_checks",
  ],
  litellm_params: ["rpm", "tpm", "weight", "tags"],
} as const;

/** The tiers that LiteLLM's price names know, the shortest prompts first. */
export const LONG_PROMPT_TIERS = [
  { suffix: "_above_100k_tokens", aboveTokens: 100_000 },
  { suffix: "_above_128k_tokens", aboveTokens: 128_000 },
  { suffix: "_above_200k_tokens", aboveTokens: 200_000 },
] as const;

const PRICE_NAMES = [
  "input_cost_per_token",
  "output_cost_per_token",
  "cache_read_input_token_cost",
  "cache_creation_input_token_cost",
  "cache_creation_input_token_cost_above_1hr",
] as const;

type TierPrice = `${(typeof PRICE_NAMES)[number]}${(typeof LONG_PROMPT_TIERS)[number]["suffix"]}`;

const tierPrices = Object.fromEntries(
  LONG_PROMPT_TIERS.flatMap(({ suffix }) => PRICE_NAMES.map((name) => [`${name}${suffix}`, price])),
) as Record<TierPrice, typeof price>;

const words = z
  .string("must be text")
  .min(1, "must not be empty")
  .max(1000, "must have at most 1000 characters")
  .optional();

const litellmParams = z.strictObject({
  model: z
    .string("must be <provider>/<model>, such as anthropic/claude-sonnet-4-5-20250929")
    .regex(
      /^(anthropic|bedrock)\/.+/,
      "must begin with anthropic/ or bedrock/, such as anthropic/claude-sonnet-4-5-20250929",
    ),
  api_key: secretReference.optional(),
  api_base: z
    .union(
      [z.url({ protocol: /^https?$/ }), z.string().regex(ENVIRONMENT_REFERENCE)],
      "must be an http or https URL, or os.environ/NAME",
    )
    .optional(),
  aws_access_key_id: secretReference.optional(),
  aws_secret_access_key: secretReference.optional(),
  aws_session_token: secretReference.optional(),
  aws_region_name: z.string("must be a region such as us-east-1, or os.environ/NAME").optional(),
  timeout: timeLimit,
  stream_timeout: timeLimit,
  max_retries: wholeNumber(0, 5),
  order: z.number("must be a number; lower ones are tried first").optional(),
  ...ignored(WITHOUT_EFFECT.litellm_params),
});

const FACTOR = "must be a number from 1 to 10, such as 1.1";
/** How many times the price. */
const factor = z.number(FACTOR).min(1, FACTOR).max(10, FACTOR).optional();

const prices = {
  input_cost_per_token: price,
  output_cost_per_token: price,
  cache_read_input_token_cost: price,
  cache_creation_input_token_cost: price,
  cache_creation_input_token_cost_above_1hr: price,
  ...tierPrices,
  search_context_cost_per_query: z
    .strictObject({
      search_context_size_low: amount,
      search_context_size_medium: amount,
      search_context_size_high: amount,
    })
    .optional(),
  // `fast` is known and changes nothing: faster answers are asked for nobody.
  provider_specific_entry: z
    .strictObject({ us: factor, fast: z.number("must be a number").optional() })
    .optional(),
};

/** What is told to clients as it stands here, in place of what is known of the model. */
const shown = {
  mode: z.literal("chat", "must be chat").optional(),
  base_model: words,
  litellm_provider: words,
  description: words,
  max_tokens: tokens,
  max_input_tokens: tokens,
  max_output_tokens: tokens,
  supports_vision: flag,
  supports_function_calling: flag,
  supports_prompt_caching: flag,
  supports_reasoning: flag,
  supports_pdf_input: flag,
  supports_response_schema: flag,
  supports_tool_choice: flag,
  supports_assistant_prefill: flag,
  supports_computer_use: flag,
};

/** Names under `model_info` that are shown as they stand. */
export const SHOWN_INFO = Object.keys(shown) as readonly (keyof typeof shown)[];

/** All names that `model_info` may hold. */
export const MODEL_INFO_NAMES: readonly string[] = ["id", ...Object.keys(prices), ...SHOWN_INFO];

const modelInfo = z
  .strictObject({
    id: z
      .string("must be a name without blanks, up to 200 characters")
      .regex(/^[\w./:@-]{1,200}$/, "must be a name without blanks, up to 200 characters")
      .optional(),
    ...prices,
    ...shown,
  })
  .refine(
    (info) => (info.input_cost_per_token === undefined) === (info.output_cost_per_token === undefined),
    {
      message: "has only one of input_cost_per_token and output_cost_per_token; give both or none",
    },
  );

/** One entry of `model_list`. */
export const modelEntry = z.strictObject({
  model_name: z.string("is missing; must be the name that clients use").min(1, "must not be empty"),
  litellm_params: litellmParams,
  model_info: modelInfo.optional(),
});

/** One entry of `model_list` that was checked. */
export type ModelEntry = z.output<typeof modelEntry>;
