import { z } from "zod";
import { readIfPresent } from "../container/atomic-file";
import { keyFile, type Places } from "../container/places";
import { readAnswer } from "../container/read-answer";
import { PLACEHOLDER_KEY } from "../startup/start-workspace";

/** What `workspace-info` can be asked. */
export const TOPICS = ["budget", "level", "gateway"] as const;
export type Topic = (typeof TOPICS)[number];

/** For an answer, in milliseconds: Coder asks again soon. */
const LIMIT_MS = 3000;

/** What the key-provisioner says of a key that asks about itself. */
const KeyInfo = z.object({
  level: z.string().nullish(),
  budget_usd: z.number().nullish(),
  spent_usd: z.number().nullish(),
  budget_period: z.string().nullish(),
  blocked: z.boolean().nullish(),
});

/** Where to ask. */
export interface InfoSources {
  readonly places: Pick<Places, "home">;
  readonly gatewayUrl: string | undefined;
  readonly keyProvisionerUrl: string | undefined;
}

/** One short line for Coder's page of a workspace. What cannot be had is said, never an error. */
export async function describeTopic(topic: Topic, sources: InfoSources): Promise<string> {
  if (topic === "gateway") return await describeGateway(sources.gatewayUrl);
  const key = (await readIfPresent(keyFile(sources.places)))?.trim();
  if (!key) return "no key";
  if (key === PLACEHOLDER_KEY) return "no key, run workspace-start";
  if (sources.keyProvisionerUrl === undefined) return "unknown";
  try {
    const response = await fetch(`${sources.keyProvisionerUrl}/api/v1/keys/info`, {
      headers: { authorization: `Bearer ${key}` },
      redirect: "error",
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    const text = await readAnswer(response);
    if (response.status === 401) return "the key is not valid, run workspace-start";
    if (!response.ok) return `unknown (${response.status})`;
    const info = KeyInfo.parse(JSON.parse(text));
    if (info.blocked) return "the key is blocked";
    return topic === "level" ? (info.level ?? "unknown") : describeBudget(info);
  } catch {
    return "unknown, the key-provisioner does not answer";
  }
}

/** Such as `$9.42 of $10 left today`. */
export function describeBudget({
  budget_usd,
  spent_usd,
  budget_period: period,
}: z.output<typeof KeyInfo>): string {
  if (budget_usd === null || budget_usd === undefined) return "no budget, so no limit";
  // Downwards: what is shown as left can be spent.
  const left = Math.max(0, Math.floor((budget_usd - (spent_usd ?? 0)) * 100 + 1e-6) / 100);
  return `$${left.toFixed(2)} of $${money(budget_usd)} left${WHEN[period ?? ""] ?? ""}`;
}

const WHEN: Readonly<Record<string, string>> = {
  "1d": " today",
  "7d": " this week",
  "1w": " this week",
  "30d": " this month",
  "1mo": " this month",
};

function money(usd: number): string {
  return Number.isInteger(usd) ? String(usd) : usd.toFixed(2);
}

async function describeGateway(url: string | undefined): Promise<string> {
  if (url === undefined) return "unknown";
  try {
    const response = await fetch(`${url}/health/readiness`, { signal: AbortSignal.timeout(LIMIT_MS) });
    await response.body?.cancel();
    return response.ok ? "reachable" : `not ready (${response.status})`;
  } catch {
    return "not reachable";
  }
}
