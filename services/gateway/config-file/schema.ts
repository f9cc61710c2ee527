import { z } from "zod";
import { guardrailSettings } from "./guardrail-settings";
import { WITHOUT_EFFECT } from "./known-settings";
import { enforcementSettings } from "./level-settings";
import { modelEntry } from "./model-entry";
import { amount, fixedReference, flag, ignored, timeLimit, wholeNumber } from "./setting-values";

/** The LiteLLM-style `config.yaml`. Every key is known by name; prices come out in pico-USD a token. */
export const configFileSchema = z.strictObject(
  {
    model_list: z.array(modelEntry, "must be a list of models"),
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
        num_retries: wholeNumber(0, 10),
        request_timeout: timeLimit,
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
        timeout: timeLimit,
        stream_timeout: timeLimit,
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
