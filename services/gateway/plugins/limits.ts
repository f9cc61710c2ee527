import type { FastifyReply, FastifyRequest } from "fastify";
import fp from "fastify-plugin";
import { rateLimited } from "../errors";
import { budgetForParallel } from "../ledger/budgets-of-request";
import type { Ledger } from "../ledger/ledger";
import { Reservation } from "../ledger/reservation";
import type { QuotaAnswer, TakenQuota } from "../limits/leased-quota";
import type { Limiter } from "../limits/limiter";
import { limitsOf, type RequestLimits } from "../limits/limits-of-request";
import type { Clock } from "../ports/clock";

declare module "fastify" {
  interface FastifyContextConfig {
    /**
     * Requests to this route count for the caller's limits; `counting`: only for that of requests at the same time, and for a
     * bound of their own, which nobody meets who counts for each turn of a conversation. @default false
     */
    isLimited?: boolean | "counting";
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

/** Counting costs nothing, and agents do it in bursts of 30. A key with a limit of requests may count so many times as often… */
const COUNTS_PER_REQUEST = 10;
/** …and at least so often a minute. */
const LEAST_COUNTS = 600;

type Kind = "requests" | "tokens" | "counts";
const KINDS: readonly Kind[] = ["requests", "tokens", "counts"];

/** One limit per minute that a request counts for. */
interface Wanted {
  readonly kind: Kind;
  readonly of: RequestLimits;
  readonly limit: number;
  readonly amount: number;
}

/** What a request holds of the limits of its key and of its user. */
interface Held {
  readonly places: Reservation[];
  readonly requests: TakenQuota[];
  readonly tokens: TakenQuota[];
  /** Never given back: an estimate asks no provider, and is work all the same. */
  readonly counts: TakenQuota[];
}

/**
 * Requests and tokens a minute, and requests at the same time, of the key and of its user. A request that is refused, here or later, before the
 * provider is asked gives back what it counted; at the end the provider's count takes the place of the estimate.
 */
export const limits = fp<LimitsOptions>(
  async (app, { limiter, ledger, clock }) => {
    app.addHook("preHandler", async (request, reply) => {
      const { isLimited = false } = request.routeOptions.config;
      if (isLimited === false || request.caller?.kind !== "key") return;
      const { key, allowances } = request.caller;
      const all = limitsOf(allowances);
      if (all.length === 0) return;
      const held: Held = { places: [], requests: [], tokens: [], counts: [] };
      const release = () => giveBack(request, limiter, held);
      try {
        for (const of of all)
          if (of.maxParallel !== null) await takePlace(of, of.maxParallel, key.tokenHash, held);
        await takeCounts(request, reply, all, key.tokenHash, held);
      } catch (error) {
        release();
        throw error;
      }
      // The connection of a response closes at its end, however it ends.
      if (reply.raw.destroyed || reply.raw.closed) release();
      else reply.raw.once("close", release);
    });

    async function takePlace(of: RequestLimits, limit: number, keyHash: string, held: Held): Promise<void> {
      const place = { fullNano: 1, ampleNano: 1, leastNano: 1 };
      const result = await ledger.reserve([budgetForParallel(of.id, limit, of.scope)], place);
      if (result instanceof Reservation) {
        held.places.push(result);
        return;
      }
      throw rateLimited({
        kind: "max_parallel_requests",
        subject: subjectOf(of, keyHash),
        limit,
        retryAfterSeconds: PARALLEL_RETRY_SECONDS,
        resetsAt: new Date(clock.now() + PARALLEL_RETRY_SECONDS * 1000),
      });
    }

    /** All are asked at once; when one refuses, the others are given back. */
    async function takeCounts(
      request: FastifyRequest,
      reply: FastifyReply,
      all: readonly RequestLimits[],
      keyHash: string,
      held: Held,
    ): Promise<void> {
      const wanted = all.flatMap((of) => countsOf(of, request));
      const answers = await Promise.all(
        wanted.map(async (one) => {
          const answer = await limiter.take(
            `${one.kind}:${one.of.scope}:${one.of.id}`,
            one.limit,
            one.amount,
          );
          if (answer.taken !== undefined) held[one.kind].push(answer.taken);
          return { ...one, answer };
        }),
      );
      for (const kind of KINDS) {
        const tightest = tightestOf(answers.filter((one) => one.kind === kind));
        if (tightest === undefined) continue;
        if (kind !== "counts") tell(reply, kind, tightest.answer);
        if (tightest.answer.taken === undefined) refuse(reply, tightest, keyHash);
      }
    }

    function refuse(
      reply: FastifyReply,
      { kind, of, limit, answer }: Wanted & Answered,
      keyHash: string,
    ): never {
      const resetsAt = new Date(clock.now() + answer.waitMs);
      reply.header("rate_limit_type", kind);
      reply.header("reset_at", resetsAt.toISOString());
      const retryAfterSeconds = Math.max(1, Math.ceil(answer.waitMs / 1000));
      throw rateLimited({ kind, subject: subjectOf(of, keyHash), limit, retryAfterSeconds, resetsAt });
    }
  },
  { name: "limits", dependencies: ["auth", "audit", "key-standing"] },
);

const subjectOf = ({ scope, id }: RequestLimits, keyHash: string) =>
  scope === "key" ? `api_key: ${keyHash}` : `user: ${id}`;

interface Answered {
  readonly answer: QuotaAnswer;
}

function countsOf(of: RequestLimits, request: FastifyRequest): Wanted[] {
  const wanted: Wanted[] = [];
  if (request.routeOptions.config.isLimited === "counting") {
    if (of.rpm === null) return wanted;
    // A key that may ask nothing has nothing to count.
    const limit = of.rpm === 0 ? 0 : Math.max(LEAST_COUNTS, COUNTS_PER_REQUEST * of.rpm);
    return [{ kind: "counts", of, limit, amount: 1 }];
  }
  if (of.rpm !== null) wanted.push({ kind: "requests", of, limit: of.rpm, amount: 1 });
  if (of.tpm !== null) wanted.push({ kind: "tokens", of, limit: of.tpm, amount: estimateTokens(request) });
  return wanted;
}

/** The one that refused and makes wait longest, or else the one with the least left. */
function tightestOf<One extends Answered>(answers: readonly One[]): One | undefined {
  return answers.reduce<One | undefined>((tightest, one) => {
    if (tightest === undefined) return one;
    const [a, b] = [tightest.answer, one.answer];
    if (a.taken === undefined || b.taken === undefined) {
      if (a.taken !== undefined) return one;
      return b.taken === undefined && b.waitMs > a.waitMs ? one : tightest;
    }
    return b.remaining < a.remaining ? one : tightest;
  }, undefined);
}

function tell(reply: FastifyReply, kind: Kind, { taken, limit, remaining, resetMs }: QuotaAnswer): void {
  reply.header(`x-ratelimit-limit-${kind}`, limit);
  reply.header(`x-ratelimit-remaining-${kind}`, taken === undefined ? 0 : remaining);
  reply.header(`x-ratelimit-reset-${kind}`, `${Math.ceil(resetMs / 1000)}s`);
}

function giveBack({ audit }: FastifyRequest, limiter: Limiter, { places, requests, tokens }: Held): void {
  for (const place of places) place.release();
  const isCounted = audit?.isSent === true;
  if (!isCounted) for (const taken of requests) limiter.refund(taken);
  const { inputTokens, cacheWriteTokens, outputTokens } = audit?.usage ?? NOTHING;
  // Reading from the cache is not counted, as providers do not count it either.
  const actual = inputTokens + cacheWriteTokens + outputTokens;
  for (const taken of tokens) {
    if (!isCounted) limiter.refund(taken);
    // A provider that was asked and reported nothing leaves the estimate standing.
    else if (actual > 0) limiter.correct(taken, actual);
  }
}

const NOTHING = { inputTokens: 0, cacheWriteTokens: 0, outputTokens: 0 };

function estimateTokens(request: FastifyRequest): number {
  const length = Number(request.headers["content-length"]);
  const bytes = Number.isFinite(length) ? length : ((request.body as Buffer | undefined)?.length ?? 0);
  return Math.max(1, Math.ceil(bytes / BYTES_PER_TOKEN));
}
