import type { FastifyReply, FastifyRequest } from "fastify";
import fp from "fastify-plugin";
import { rateLimited } from "../errors";
import { budgetForParallel } from "../ledger/budgets-of-request";
import type { Ledger } from "../ledger/ledger";
import { Reservation } from "../ledger/reservation";
import type { QuotaAnswer, TakenQuota } from "../limits/leased-quota";
import type { Limiter } from "../limits/limiter";
import type { Clock } from "../ports/clock";
import type { VirtualKey } from "../ports/key-store";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Requests to this route count for the caller's limits. @default false */
    isLimited?: boolean;
  }
}

/** Bytes of a request for each token, as an estimate until the provider has counted. */
const BYTES_PER_TOKEN = 4;
/** When to ask again for a place among the parallel requests, in seconds: nobody knows when one ends. */
const PARALLEL_RETRY_SECONDS = 1;

/** What the limits need. */
export interface LimitsOptions {
  readonly limiter: Limiter;
  readonly ledger: Ledger;
  readonly clock: Clock;
}

/** What a request holds of its key's limits. */
interface Held {
  parallel?: Reservation;
  requests?: TakenQuota;
  tokens?: TakenQuota;
}

/**
 * Requests and tokens a minute, and requests at the same time. A request that is refused, here or later, before the
 * provider is asked gives back what it counted; at the end the provider's count takes the place of the estimate.
 */
export const limits = fp<LimitsOptions>(
  async (app, { limiter, ledger, clock }) => {
    app.addHook("preHandler", async (request, reply) => {
      if (request.routeOptions.config.isLimited !== true || request.caller?.kind !== "key") return;
      const { key } = request.caller;
      if (key.rpmLimit === null && key.tpmLimit === null && key.maxParallelRequests === null) return;
      const held: Held = {};
      const release = () => giveBack(request, limiter, held);
      try {
        await takeAll(request, reply, key, held);
      } catch (error) {
        release();
        throw error;
      }
      // The connection of a response closes at its end, however it ends.
      if (reply.raw.destroyed || reply.raw.closed) release();
      else reply.raw.once("close", release);
    });

    async function takeAll(request: FastifyRequest, reply: FastifyReply, key: VirtualKey, held: Held) {
      if (key.maxParallelRequests !== null) held.parallel = await takePlace(key, key.maxParallelRequests);
      if (key.rpmLimit !== null) {
        const answer = await limiter.take(`requests:key:${key.keyId}`, key.rpmLimit, 1);
        held.requests = admit(reply, key, "requests", answer);
      }
      if (key.tpmLimit !== null) {
        const answer = await limiter.take(`tokens:key:${key.keyId}`, key.tpmLimit, estimateTokens(request));
        held.tokens = admit(reply, key, "tokens", answer);
      }
    }

    async function takePlace(key: VirtualKey, limit: number): Promise<Reservation> {
      const place = { fullNano: 1, ampleNano: 1, leastNano: 1 };
      const result = await ledger.reserve([budgetForParallel(key.keyId, limit)], place);
      if (result instanceof Reservation) return result;
      throw rateLimited({
        kind: "max_parallel_requests",
        keyHash: key.tokenHash,
        limit,
        retryAfterSeconds: PARALLEL_RETRY_SECONDS,
        resetsAt: new Date(clock.now() + PARALLEL_RETRY_SECONDS * 1000),
      });
    }

    function admit(
      reply: FastifyReply,
      key: VirtualKey,
      kind: "requests" | "tokens",
      answer: QuotaAnswer,
    ): TakenQuota {
      const { taken, limit, remaining, waitMs, resetMs } = answer;
      reply.header(`x-ratelimit-limit-${kind}`, limit);
      reply.header(`x-ratelimit-remaining-${kind}`, taken === undefined ? 0 : remaining);
      reply.header(`x-ratelimit-reset-${kind}`, `${Math.ceil(resetMs / 1000)}s`);
      if (taken !== undefined) return taken;
      const resetsAt = new Date(clock.now() + waitMs);
      reply.header("rate_limit_type", kind);
      reply.header("reset_at", resetsAt.toISOString());
      const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000));
      throw rateLimited({ kind, keyHash: key.tokenHash, limit, retryAfterSeconds, resetsAt });
    }
  },
  { name: "limits", dependencies: ["auth", "audit", "key-standing"] },
);

function giveBack({ audit }: FastifyRequest, limiter: Limiter, held: Held): void {
  held.parallel?.release();
  const isCounted = audit?.isSent === true;
  if (held.requests !== undefined && !isCounted) limiter.refund(held.requests);
  if (held.tokens === undefined) return;
  const { inputTokens, cacheWriteTokens, outputTokens } = audit?.usage ?? NOTHING;
  // Reading from the cache is not counted, as providers do not count it either.
  const actual = inputTokens + cacheWriteTokens + outputTokens;
  // A provider that was asked and reported nothing leaves the estimate standing.
  if (!isCounted) limiter.refund(held.tokens);
  else if (actual > 0) limiter.correct(held.tokens, actual);
}

const NOTHING = { inputTokens: 0, cacheWriteTokens: 0, outputTokens: 0 };

function estimateTokens(request: FastifyRequest): number {
  const length = Number(request.headers["content-length"]);
  const bytes = Number.isFinite(length) ? length : Buffer.byteLength(JSON.stringify(request.body ?? null));
  return Math.max(1, Math.ceil(bytes / BYTES_PER_TOKEN));
}
