import { z } from "zod";
import { readTokenPrice } from "../pricing/cost";
import { usdToNanoUsd } from "../pricing/money";
import { guardrailSettings } from "./guardrail-settings";
import { WITHOUT_EFFECT } from "./known-settings";
import { enforcementSettings } from "./level-settings";

const ENVIRONMENT_REFERENCE = /^os\.environ\/[A-Za-z_][A-Za-z0-9_]*$/;
const REFERENCE_FORM = "os.environ/NAME, the name of an environment variable that holds it";

const secretReference = z
  .string(`must be ${REFERENCE_FORM}`)
  .regex(ENVIRONMENT_REFERENCE, `must be ${REFERENCE_FORM}; a secret itself must not stand in this file`);

const fixedReference = (name: string) =>
  z
    .literal(`os.environ/${name}`, `must be os.environ/${name}; the gateway reads it from that variable only`)
    .optional();

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

const amount = z
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

const tokens = z
  .number("must be a number of tokens")
  .int("must be a whole number")
  .min(1, "must be at least 1")
  .optional();

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

const flag = z.boolean("must be true or false").optional();

const wholeNumber = (min: number, max: number) =>
  z
    .number(`must be a whole number from ${min} to ${max}`)
    .int("must be a whole number")
    .min(min, `must be at least ${min}`)
    .max(max, `must be at most ${max}`)
    .optional();

const ignored = (names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, z.unknown().optional()]));

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
  order: z.number("must be a number; lower ones are tried first").optional(),
  ...ignored(WITHOUT_EFFECT.litellm_params),
});

const modelInfo = z
  .strictObject({
    id: z.string().optional(),
    mode: z.literal("chat", "must be chat").optional(),
    base_model: z.string().optional(),
    litellm_provider: z.string().optional(),
    description: z.string().optional(),
    max_tokens: tokens,
    max_input_tokens: tokens,
    max_output_tokens: tokens,
    input_cost_per_token: price,
    output_cost_per_token: price,
    cache_read_input_token_cost: price,
    cache_creation_input_token_cost: price,
    cache_creation_input_token_cost_above_1hr: price,
    ...tierPrices,
    supports_vision: flag,
    supports_function_calling: flag,
    supports_prompt_caching: flag,
    supports_reasoning: flag,
    supports_pdf_input: flag,
    supports_response_schema: flag,
    supports_tool_choice: flag,
    supports_assistant_prefill: flag,
    supports_computer_use: flag,
  })
  .refine(
    (info) => (info.input_cost_per_token === undefined) === (info.output_cost_per_token === undefined),
    {
      message: "has only one of input_cost_per_token and output_cost_per_token; give both or none",
    },
  );

/** The LiteLLM-style `config.yaml`. Every key is known by name; prices come out in pico-USD a token. */
export const configFileSchema = z.strictObject(
  {
    model_list: z.array(
      z.strictObject({
        model_name: z.string("is missing; must be the name that clients use").min(1, "must not be empty"),
        litellm_params: litellmParams,
        model_info: modelInfo.optional(),
      }),
      "must be a list of models",
    ),
    general_settings: z
      .strictObject({
        master_key: fixedReference("LITELLM_MASTER_KEY"),
        database_url: fixedReference("DATABASE_URL"),
        ...ignored(WITHOUT_EFFECT.general_settings),
      })
      .optional(),
    litellm_settings: z
      .strictObject({
        drop_params: flag,
        max_end_user_budget: amount,
        turn_off_message_logging: z.literal(true, "must be true; the gateway never logs messages").optional(),
        ...ignored(WITHOUT_EFFECT.litellm_settings),
      })
      .optional(),
    router_settings: z
      .strictObject({
        num_retries: wholeNumber(0, 10),
        allowed_fails: wholeNumber(0, 1000),
        cooldown_time: z
          .number("must be a number of seconds")
          .min(0, "must not be negative")
          .max(300, "must be at most 300 seconds")
          .optional(),
        disable_cooldowns: flag,
        ...ignored(WITHOUT_EFFECT.router_settings),
      })
      .optional(),
    guardrail_settings: guardrailSettings,
    enforcement_settings: enforcementSettings,
  },
  "must hold model_list",
);

/** A `config.yaml` that was checked. */
export type ConfigFile = z.output<typeof configFileSchema>;
/** One entry of `model_list`. */
export type ModelEntry = ConfigFile["model_list"][number];
