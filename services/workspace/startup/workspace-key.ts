import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { readAnswer } from "../container/read-answer";

/** How often and how long the key-provisioner is asked. */
export interface RetryPolicy {
  /** For one attempt, in milliseconds. */
  readonly attemptMs: number;
  /** For all attempts with their pauses, in milliseconds. */
  readonly totalMs: number;
  /** Pauses before the second, third … attempt, in milliseconds; the last one repeats. */
  readonly pausesMs: readonly number[];
}

/** A restart of Coder, its database or the gateway is over within this time. */
export const RETRIES: RetryPolicy = {
  attemptMs: 10_000,
  totalMs: 150_000,
  pausesMs: [1000, 2000, 4000, 8000, 15_000],
};

/** An attempt with less time than this is not made, in milliseconds. */
const SHORTEST_ATTEMPT_MS = 1000;

/** What the key-provisioner says of a key. Only the key itself is certain. */
const Issued = z.object({
  key: z.string().regex(/^[\x21-\x7e]{1,512}$/),
  reused: z.boolean().optional(),
  level: z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/)
    .nullish(),
  budget_usd: z.number().nullish(),
  budget_period: z.string().nullish(),
});

/** The key of a workspace, and what is known of it. */
export interface WorkspaceKey {
  readonly key: string;
  readonly reused: boolean;
  /** The level that the gateway enforces; undefined when it was not said. */
  readonly level: string | undefined;
  /** Such as `$10 a day`; undefined when there is none, or it was not said. */
  readonly budget: string | undefined;
}

/** No key could be had. The text is for the user, with the remedy, and without any secret. */
export class KeyError extends Error {
  override readonly name = "KeyError";
}

/** An attempt that may succeed when it is made once more. */
class Unanswered extends Error {}

/** Whom to ask, as whom. */
export interface KeyRequest {
  readonly keyProvisionerUrl: string;
  readonly agentToken: string | undefined;
  readonly workspaceId: string;
}

/** Answers that say nothing about the request itself: the next attempt may fare better. Refusals stay as they are. */
const isTemporary = (status: number) => status >= 500 || status === 408 || status === 429;

/**
 * Asks the key-provisioner for the key of this workspace. The same one comes back at each start.
 * @param say is told of each attempt that failed
 * @throws KeyError when the key is refused, or did not come within the time that `policy` gives
 */
export async function requestKey(
  request: KeyRequest,
  say: (message: string) => void,
  policy: RetryPolicy = RETRIES,
): Promise<WorkspaceKey> {
  const { agentToken, keyProvisionerUrl } = request;
  if (agentToken === undefined)
    throw new KeyError("CODER_AGENT_TOKEN is not set, so this workspace cannot prove which one it is");
  const end = performance.now() + policy.totalMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask(request, agentToken, Math.min(policy.attemptMs, end - performance.now()));
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      const pause = policy.pausesMs[Math.min(attempt, policy.pausesMs.length) - 1] ?? 0;
      // One that had hardly any time left would hide why the others failed.
      const isLast = performance.now() + pause + Math.min(policy.attemptMs, SHORTEST_ATTEMPT_MS) > end;
      say(`attempt ${attempt}: ${error.message}${isLast ? "" : `; again in ${pause / 1000} s`}`);
      if (isLast)
        throw new KeyError(
          `the key-provisioner at ${keyProvisionerUrl} gave no key in ${attempt} attempts: ${error.message}`,
        );
      await sleep(pause);
    }
  }
}

async function ask(
  { keyProvisionerUrl, workspaceId }: KeyRequest,
  agentToken: string,
  limitMs: number,
): Promise<WorkspaceKey> {
  let status: number;
  let text: string;
  try {
    const response = await fetch(`${keyProvisionerUrl}/api/v1/keys/workspace`, {
      method: "POST",
      headers: { authorization: `Bearer ${agentToken}`, "content-type": "application/json" },
      body: JSON.stringify({ workspace_id: workspaceId }),
      redirect: "error",
      signal: AbortSignal.timeout(Math.max(1, Math.ceil(limitMs))),
    });
    status = response.status;
    text = await readAnswer(response);
  } catch (error) {
    throw new Unanswered(reasonOf(error));
  }
  if (isTemporary(status)) throw new Unanswered(`it answered ${status}${messageIn(text)}`);
  if (status !== 200 && status !== 201)
    throw new KeyError(`the key-provisioner refused a key: ${status}${messageIn(text)}`);
  const issued = Issued.safeParse(parse(text));
  if (!issued.success) throw new Unanswered(`it answered ${status} without a key`);
  const { key, reused = false, level, budget_usd: usd, budget_period: period } = issued.data;
  const budget = usd === null || usd === undefined ? undefined : `$${usd}${PERIODS[period ?? ""] ?? ""}`;
  return { key, reused, level: level ?? undefined, budget };
}

const PERIODS: Readonly<Record<string, string>> = {
  "1d": " a day",
  "7d": " a week",
  "1w": " a week",
  "30d": " a month",
  "1mo": " a month",
};

/** Node hides why a connection failed in the cause. */
function reasonOf(error: unknown): string {
  const { name, message, cause } = error as {
    name?: string;
    message?: string;
    cause?: NodeJS.ErrnoException;
  };
  if (name === "TimeoutError") return "no answer in time";
  return cause?.code ?? cause?.message ?? message ?? String(error);
}

const ErrorBody = z.object({ error: z.union([z.string(), z.object({ message: z.string() })]) });

/** What an error's body says, in one line. */
function messageIn(text: string): string {
  const body = ErrorBody.safeParse(parse(text));
  if (!body.success) return "";
  const message = typeof body.data.error === "string" ? body.data.error : body.data.error.message;
  return ` (${message.replace(/\s+/g, " ").slice(0, 300)})`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
