import { z } from "zod";
import { count, moment, momentOrNull, text } from "./values";

const model = z.strictObject({
  id: text,
  object: z.literal("model"),
  created: count,
  owned_by: text,
});
const models = z.strictObject({ object: z.literal("list"), data: z.array(model) });

const usdPerToken = z.number().nullable().describe("USD a token");
const PRICE_NAMES = [
  "input_cost_per_token",
  "output_cost_per_token",
  "cache_read_input_token_cost",
  "cache_creation_input_token_cost",
  "cache_creation_input_token_cost_above_1hr",
];
const tokenPrices = Object.fromEntries(PRICE_NAMES.map((name) => [name, usdPerToken]));
/** Of longer prompts, where a model has other prices for them. */
const longPromptPrices = Object.fromEntries(
  ["100k", "128k", "200k"].flatMap((above) =>
    PRICE_NAMES.map((name) => [`${name}_above_${above}_tokens`, usdPerToken.optional()]),
  ),
);
const modelInfo = z.strictObject({
  data: z.array(
    z.strictObject({
      model_name: text,
      litellm_params: z.strictObject({
        model: text.describe("<provider>/<the provider's name of the model>"),
      }),
      model_info: z.strictObject({
        id: text,
        db_model: z.boolean(),
        key: text,
        mode: text,
        litellm_provider: text,
        base_model: text.optional(),
        description: text.optional(),
        max_tokens: count.describe("most tokens of an answer"),
        max_input_tokens: count,
        max_output_tokens: count,
        search_context_cost_per_query: z
          .strictObject({
            search_context_size_low: z.number(),
            search_context_size_medium: z.number(),
            search_context_size_high: z.number(),
          })
          .optional()
          .describe("USD for a search of the web"),
        provider_specific_entry: z
          .strictObject({ us: z.number() })
          .optional()
          .describe("how many times the price an answer in the US costs"),
        supports_system_messages: z.boolean(),
        supports_vision: z.boolean(),
        supports_pdf_input: z.boolean(),
        supports_prompt_caching: z.boolean(),
        supports_function_calling: z.boolean(),
        supports_tool_choice: z.boolean(),
        supports_response_schema: z.boolean(),
        supports_reasoning: z.boolean(),
        supports_computer_use: z.boolean(),
        supports_native_streaming: z.boolean(),
        supports_assistant_prefill: z.boolean(),
        ...tokenPrices,
        ...longPromptPrices,
      }),
    }),
  ),
});

const tokenFields = {
  token_id: z.uuid(),
  token_name: text,
  name: text,
  role: z.enum(["admin", "auditor", "provisioner"]),
  expires: momentOrNull,
  created_at: moment,
  created_by: text,
};

const deployment = { model_name: text, model: text, model_id: text };
const alive = z.literal("I'm alive!");
const schemaWork = z.strictObject({ step: text, since: moment }).nullable();

/** Answers about models, admin tokens and the gateway itself. */
export const PLATFORM_ANSWERS: Readonly<Record<string, z.ZodType>> = {
  "GET /v1/models": models,
  "GET /models": models,
  "GET /v1/models/:id": model,
  "GET /models/:id": model,
  "GET /model/info": modelInfo,
  "GET /v1/model/info": modelInfo,
  "POST /admin/token/new": z.strictObject({ token: text, ...tokenFields }),
  "POST /admin/token/delete": z.strictObject({ deleted_token: z.uuid() }),
  "GET /admin/token/list": z.strictObject({ tokens: z.array(z.strictObject(tokenFields)) }),
  "GET /health": z.strictObject({
    healthy_endpoints: z.array(z.strictObject(deployment)),
    unhealthy_endpoints: z.array(
      z.strictObject({ ...deployment, error: text, cooling_down_seconds: count.optional() }),
    ),
    healthy_count: count,
    unhealthy_count: count,
  }),
  "GET /get/config/callbacks": z.strictObject({
    status: z.literal("success"),
    callbacks: z.array(
      z.strictObject({
        name: text,
        variables: z.strictObject({}),
        type: z.enum(["success", "failure", "success_and_failure"]),
      }),
    ),
    alerts: z.array(z.never()),
    router_settings: z.strictObject({}),
    available_callbacks: z.strictObject({}),
  }),
  "GET /health/readiness": z.looseObject({
    status: z
      .enum(["connected", "degraded", "overloaded", "unhealthy", "starting", "shutting_down"])
      .describe("connected and degraded come with 200, all others with 503"),
    db: text,
    budgets: z.enum(["available", "unavailable"]).describe("whether requests that need a budget are served"),
    audit: z.enum(["database", "journal", "none"]).describe("where audit rows go"),
    answers: z.strictObject({ in_use: count, limit: count }),
    body_bytes: z.strictObject({ in_use: count, limit: count }),
    schema: z.strictObject({
      version: count.nullable().describe("null: not known yet"),
      known: count.describe("the newest version that this gateway has"),
      migrating: schemaWork.describe("done before the gateway is ready"),
      building: schemaWork.describe("an index that is built while requests go on"),
    }),
    journal_bytes: z.strictObject({ in_use: count, limit: count }).nullable().describe("null: no journal"),
  }),
  "GET /health/liveliness": alive,
  "GET /health/liveness": alive,
};
