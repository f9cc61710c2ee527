import { z } from "zod";

/** Values that several answers hold. */

const text = z.string();
const textOrNull = z.string().nullable();
const usd = z.number().describe("USD, with nine places at most");
const usdOrNull = usd.nullable();
const count = z.int().min(0);
const countOrNull = count.nullable();
/** RFC 3339, in UTC. */
const moment = z.iso.datetime();
const momentOrNull = moment.nullable();
/** SHA-256 as hex. */
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const metadata = z.record(z.string(), z.unknown());

/** Who made a row and when. */
const made = { created_at: moment, updated_at: moment, created_by: text, updated_by: text };

/** What a key, a user or a budget is limited to. */
const limits = {
  max_budget: usdOrNull,
  budget_duration: textOrNull,
  rpm_limit: countOrNull,
  tpm_limit: countOrNull,
  max_parallel_requests: countOrNull,
};

/** Where in a list a page is. */
const totalPages = { total_pages: count };

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

const keyFields = {
  key_id: z.uuid(),
  key_name: text,
  key_alias: textOrNull,
  user_id: textOrNull,
  models: z.array(text),
  metadata,
  spend: usd,
  expires: momentOrNull,
  blocked: z.boolean(),
  budget_id: textOrNull,
  ...limits,
  ...made,
};

/** A key with its hash. */
const keyWithToken = z.strictObject({ token: hash, ...keyFields });

/** What a new secret comes with. */
const newKeyFields = { key: text, token: hash, token_id: hash, ...keyFields };

const newKey = z.strictObject(newKeyFields);
const keyInfo = z.strictObject({
  key: text,
  info: z.strictObject({ ...keyFields, budget_reset_at: textOrNull }),
});

/** Answers of `/key/*`. */
export const KEY_ANSWERS: Readonly<Record<string, z.ZodType>> = {
  "POST /key/generate": newKey,
  "POST /key/update": z.strictObject({ key: text, ...keyFields }),
  "POST /key/block": keyWithToken,
  "POST /key/unblock": keyWithToken,
  "POST /key/regenerate": newKey,
  "POST /key/:key/regenerate": newKey,
  "POST /key/delete": z.strictObject({ deleted_keys: z.array(text) }),
  "GET /key/info": keyInfo,
  "POST /key/info": keyInfo,
  "POST /v2/key/info": z.strictObject({ key: z.array(hash), info: z.array(keyWithToken) }),
  "GET /key/list": z.strictObject({
    keys: z.array(z.union([hash, keyWithToken])),
    total_count: count,
    current_page: count,
    ...totalPages,
  }),
  "GET /key/aliases": z.strictObject({
    aliases: z.array(text),
    total_count: count,
    current_page: count,
    ...totalPages,
    size: count,
  }),
};

const userFields = {
  user_id: text,
  user_email: textOrNull,
  user_alias: textOrNull,
  user_role: textOrNull,
  models: z.array(text),
  metadata,
  spend: usd,
  budget_id: textOrNull,
  ...limits,
  ...made,
};
const user = z.strictObject(userFields);

/** A user that only keys name: nobody made it. */
const namedUser = z.strictObject({
  ...userFields,
  created_at: z.null(),
  updated_at: z.null(),
  created_by: z.null(),
  updated_by: z.null(),
});

const updatedKeys = z.array(z.uuid()).describe("Ids of keys that the change was carried to");

const budget = z.strictObject({ budget_id: text, soft_budget: usdOrNull, ...limits, ...made });

/** Answers of `/user/*` and `/budget/*`. */
export const USER_ANSWERS: Readonly<Record<string, z.ZodType>> = {
  "POST /user/new": z.union([
    z.strictObject({ ...newKeyFields, ...userFields }),
    z.strictObject({ ...userFields, key: z.null() }),
  ]),
  "POST /user/update": z.strictObject({ user_id: text, data: user, updated_keys: updatedKeys }),
  "POST /user/delete": z.strictObject({ deleted_users: z.array(text), deleted_keys: count }),
  "GET /user/info": z.strictObject({
    user_id: textOrNull,
    user_info: z.union([user, namedUser]).nullable(),
    keys: z.array(keyWithToken),
    teams: z.array(z.never()),
  }),
  "GET /user/list": z.strictObject({
    users: z.array(user),
    total: count,
    page: count,
    page_size: count,
    ...totalPages,
  }),
  "POST /budget/new": budget,
  "POST /budget/update": z.union([budget, z.strictObject({ ...userFields, updated_keys: updatedKeys })]),
  "POST /budget/delete": z.strictObject({ deleted_budget: text }),
  "POST /budget/info": z.array(budget),
  "GET /budget/list": z.array(budget),
};

const request = z.strictObject({
  request_id: z.uuid(),
  call_type: text,
  api_key: hash.nullable(),
  key_id: z.uuid().nullable(),
  key_alias: textOrNull,
  user: textOrNull,
  end_user: textOrNull,
  workspace: textOrNull,
  scope: textOrNull,
  client: textOrNull,
  session_id: textOrNull,
  enforcement_level: textOrNull,
  prompt_hash: textOrNull,
  spend: usdOrNull,
  total_tokens: count,
  prompt_tokens: count,
  completion_tokens: count,
  cache_read_input_tokens: count,
  cache_creation_input_tokens: count,
  cache_creation: z.strictObject({ ephemeral_5m_input_tokens: count, ephemeral_1h_input_tokens: count }),
  reasoning_tokens: count,
  web_search_requests: z.number(),
  is_usage_estimated: z.boolean(),
  startTime: moment,
  completionStartTime: momentOrNull,
  endTime: moment,
  model: textOrNull,
  model_group: textOrNull,
  model_id: textOrNull,
  attempts: count,
  repeats: count,
  error_type: textOrNull,
  status: z.enum(["success", "failure"]),
  status_code: count,
});

const sums = z.record(z.string(), usd);

/** A day; beside these fields one for each key, named by its hash. */
const day = z
  .object({ startTime: z.iso.date(), spend: usd, users: sums, models: sums })
  .catchall(usd.describe("What the key with this hash spent"));

const groupFields = {
  spend: usd,
  requests: count,
  prompt_tokens: count,
  completion_tokens: count,
  total_tokens: count,
  cache_read_input_tokens: count,
  cache_creation_input_tokens: count,
};

/** Answers about what was spent. */
export const SPEND_ANSWERS: Readonly<Record<string, z.ZodType>> = {
  "GET /spend/logs": z.union([z.array(request), z.array(day)]),
  "GET /global/spend": z.strictObject({ spend: usd, max_budget: usdOrNull }),
  "GET /global/spend/report": z.array(
    z.union([
      z.strictObject({ api_key: hash.nullable(), key_alias: textOrNull, ...groupFields }),
      z.strictObject({ user_id: textOrNull, ...groupFields }),
      z.strictObject({ model: textOrNull, ...groupFields }),
      z.strictObject({ day: z.iso.date(), ...groupFields }),
    ]),
  ),
};
