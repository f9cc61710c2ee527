import { z } from "zod";
import { count, hash, moment, momentOrNull, text, textOrNull, usd, usdOrNull } from "./values";

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
