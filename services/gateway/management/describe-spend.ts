import type { DailySpend, SpendGroup, SpendLog } from "../ports/spend-reader";
import { nanoUsdToUsd } from "../pricing/money";

/** A request as `/spend/logs` shows it. There is no content to show. */
export function describeSpendLog(log: SpendLog) {
  const promptTokens = log.inputTokens + log.cacheReadTokens + log.cacheWriteTokens;
  return {
    request_id: log.requestId,
    call_type: log.route,
    api_key: log.keyHash,
    key_id: log.keyId,
    key_alias: log.keyAlias,
    user: log.userId,
    end_user: log.endUser,
    workspace: log.workspace,
    scope: log.scope,
    client: log.client,
    session_id: log.sessionId,
    enforcement_level: log.enforcementLevel,
    prompt_hash: log.promptHash,
    spend: log.costNanoUsd === null ? null : nanoUsdToUsd(log.costNanoUsd),
    total_tokens: promptTokens + log.outputTokens,
    prompt_tokens: promptTokens,
    completion_tokens: log.outputTokens,
    cache_read_input_tokens: log.cacheReadTokens,
    cache_creation_input_tokens: log.cacheWriteTokens,
    cache_creation: {
      ephemeral_5m_input_tokens: log.cacheWriteTokens - log.cacheWrite1hTokens,
      ephemeral_1h_input_tokens: log.cacheWrite1hTokens,
    },
    reasoning_tokens: log.reasoningTokens,
    web_search_requests: log.webSearches,
    is_usage_estimated: log.isUsageEstimated,
    startTime: log.startedAt.toISOString(),
    completionStartTime: log.ttftMs === null ? null : after(log.startedAt, log.ttftMs),
    endTime: after(log.startedAt, log.latencyMs),
    model: log.modelUsed,
    model_group: log.modelRequested,
    model_id: log.deployment,
    attempts: log.attempts,
    repeats: log.repeats,
    error_type: log.errorType,
    status: log.status < 400 ? "success" : "failure",
    status_code: log.status,
  };
}

/** Days as `/spend/logs` sums them up: by key, user and model, each in USD. */
export function describeDays(rows: readonly DailySpend[]) {
  const days = new Map<string, { total: number; keys: Sums; users: Sums; models: Sums }>();
  for (const row of rows) {
    const day = days.get(row.day) ?? { total: 0, keys: new Map(), users: new Map(), models: new Map() };
    days.set(row.day, day);
    day.total += row.spentNanoUsd;
    for (const [sums, name] of [
      [day.keys, row.keyHash],
      [day.users, row.userId],
      [day.models, row.model],
    ] as const) {
      if (name !== null) sums.set(name, (sums.get(name) ?? 0) + row.spentNanoUsd);
    }
  }
  return [...days].map(([startTime, { total, keys, users, models }]) => ({
    ...inUsd(keys),
    startTime,
    spend: nanoUsdToUsd(total),
    users: inUsd(users),
    models: inUsd(models),
  }));
}

/** One line of a report. @param dimension name of the field that tells the groups apart */
export function describeGroup(group: SpendGroup, dimension: string) {
  return {
    [dimension]: group.value,
    ...(dimension === "api_key" ? { key_alias: group.keyAlias } : {}),
    spend: nanoUsdToUsd(group.spentNanoUsd),
    requests: group.requests,
    prompt_tokens: group.inputTokens,
    completion_tokens: group.outputTokens,
    total_tokens: group.inputTokens + group.outputTokens,
    cache_read_input_tokens: group.cacheReadTokens,
    cache_creation_input_tokens: group.cacheWriteTokens,
  };
}

function after(start: Date, ms: number): string {
  return new Date(start.getTime() + ms).toISOString();
}

type Sums = Map<string, number>;

function inUsd(sums: Sums): Record<string, number> {
  return Object.fromEntries([...sums].map(([name, nanoUsd]) => [name, nanoUsdToUsd(nanoUsd)]));
}
