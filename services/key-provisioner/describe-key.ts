import type { GatewayKey } from "./gateway";
import type { Settings } from "./settings";

/** What an answer says about a key, beside the key itself. Amounts are in USD. */
export function describeKey(key: GatewayKey, settings: Settings) {
  const scope = textOf(key.metadata["scope"]);
  const remaining = key.max_budget === null ? null : Math.max(0, round(key.max_budget - key.spend));
  return {
    alias: key.key_alias,
    scope,
    level: levelOf(key, settings),
    owner: key.user_id,
    budget_usd: key.max_budget,
    spent_usd: round(key.spend),
    remaining_usd: remaining,
    budget_period: key.budget_duration,
    resets_at: key.budget_reset_at ?? null,
    requests_per_minute: key.rpm_limit,
    tokens_per_minute: key.tpm_limit,
    parallel_requests: key.max_parallel_requests,
    models: key.models,
    expires_at: key.expires,
    blocked: key.blocked,
  };
}

/** The level that the gateway enforces: what the key names, raised to the minimums. `null`: one that does not exist any more. */
export function levelOf(key: GatewayKey, settings: Settings): string | null {
  const named = key.metadata["enforcement_level"];
  if (named !== undefined && settings.level(named) === undefined) return null;
  return settings.clamp(named as string | undefined, textOf(key.metadata["scope"]) ?? "", null).name;
}

/** One line for people, such as `level standard, $10 a day, 60 requests a minute`. */
export function summarizeKey(key: GatewayKey, settings: Settings): string {
  const level = levelOf(key, settings);
  return [
    level === null ? "its level does not exist any more" : `level ${level}`,
    ...(key.max_budget === null ? [] : [`$${key.max_budget} ${inWords(key.budget_duration)}`]),
    ...(key.rpm_limit === null ? [] : [`${key.rpm_limit} requests a minute`]),
  ].join(", ");
}

const PERIODS: Readonly<Record<string, string>> = {
  "1h": "an hour",
  "1d": "a day",
  "7d": "a week",
  "1w": "a week",
  "30d": "a month",
  "1mo": "a month",
};

function inWords(period: string | null): string {
  return period === null ? "in all" : (PERIODS[period] ?? `every ${period}`);
}

const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);

/** Sums of nano-dollars as binary fractions have digits that nobody spent. */
const round = (usd: number): number => Math.round(usd * 1e9) / 1e9;
