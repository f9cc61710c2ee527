import type { FastifyReply, FastifyRequest } from "fastify";
import fp from "fastify-plugin";
import type { Clock } from "../../shared/clock";
import type { MetricsRegistry } from "../../shared/metrics-registry";
import { rateLimited } from "../errors/catalogue";
import { budgetForParallel } from "../money/ledger/budgets-of-request";
import { type Ledger, Reservation } from "../money/ledger/ledger";
import {
  COUNT_KINDS,
  type CountKind,
  countingOf,
  countsOf,
  HeldLimits,
  limitsOf,
  type RequestCount,
  type RequestLimits,
  tightestOf,
  tokensOf,
} from "../money/limits/held-limits";
import type { QuotaAnswer } from "../money/limits/leased-quota";
import type { Limiter } from "../money/limits/limiter";
import { Exchange } from "./exchange";

declare module "fastify" {
  interface FastifyRequest {
    /**
     * Reserves tokens of the caller's limits as soon as the handler knows how many may be needed.
     * @param bytes of the body
     * @param maxTokens most that the answer may have
     * @returns `undefined`: the caller's tokens are not limited
     * @throws GatewayError 429, StoreUnavailableError
     */
    reserveTokens(bytes: number, maxTokens: number): Promise<void> | undefined;
  }
}

/** Bytes of a request for each token that is reserved, until the provider has counted. */
const RESERVED_BYTES_PER_TOKEN = 4;
/** When to ask again for a place among parallel requests, in seconds: nobody knows when one ends. */
const PARALLEL_RETRY_SECONDS = 1;

/** What the limits need. */
export interface LimitsOptions {
  readonly limiter: Limiter;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly registry: MetricsRegistry;
}

/**
 * Requests and tokens a minute, and requests at the same time, of the key and of its user. Places and requests are counted
 * before the body is read; tokens by the handler, which knows how long the answer may be: there must be room for the input,
 * and the whole answer counts until it has come. A request that is refused before the provider is asked gives everything
 * back; at the end the provider's count replaces the estimate. Counting tokens takes a place, and counts for a bound of its
 * own that no client reaches that counts for each turn of a conversation.
 */
export const limits = fp<LimitsOptions>(
  async (app, { limiter, ledger, clock, registry }) => {
    app.decorateRequest("reserveTokens", () => undefined);
    let placesInUse = 0;
    registry.gauge("gateway_limit_places_in_use", "Places among parallel requests, held.", () => placesInUse);

    // Without a promise for requests that have no limits, which are most of them.
    app.addHook("onRequest", (request, reply, done) => {
      const limited = limitedBy(request);
      if (limited === undefined) done();
      else hold(request, reply, limited).then(() => done(), done);
    });

    /** Takes places and counts, which are given back when one is refused, or else when the request is over. */
    async function hold(
      request: FastifyRequest,
      reply: FastifyReply,
      limited: LimitedRequest,
    ): Promise<void> {
      const { limits, keyHash } = limited;
      const held = new HeldLimits(limiter);
      const leave = () => {
        placesInUse -= held.places;
        release(request, held);
      };
      try {
        // All at once, so that they are asked for together; each that comes is held, and given back below.
        const places = await Promise.allSettled(
          limits.map((limit) =>
            limit.maxParallel === null ? undefined : takePlace(limit, limit.maxParallel, keyHash, held),
          ),
        );
        for (const place of places) if (place.status === "rejected") throw place.reason;
        const isCounting = request.routeOptions.config.modelAccess === "count";
        const counts = limits.flatMap((limit) => (isCounting ? countingOf(limit) : countsOf(limit)));
        await takeCounts(reply, counts, keyHash, held);
        if (!isCounting && limits.some(({ tpm }) => tpm !== null))
          request.reserveTokens = (bytes, output) => {
            const tokens = { input: Math.max(1, Math.ceil(bytes / RESERVED_BYTES_PER_TOKEN)), output };
            return takeCounts(
              reply,
              limits.flatMap((limit) => tokensOf(limit, tokens)),
              keyHash,
              held,
            );
          };
      } catch (error) {
        leave();
        throw error;
      }
      Exchange.of(reply.raw).onOver(leave);
    }

    async function takePlace(
      subject: RequestLimits,
      limit: number,
      keyHash: string,
      held: HeldLimits,
    ): Promise<void> {
      const place = { fullNano: 1, preferredNano: 1, leastNano: 1 };
      const result = await ledger.reserve([budgetForParallel(subject.id, limit, subject.scope)], place);
      if (result instanceof Reservation) {
        held.addPlace(result);
        placesInUse += 1;
        return;
      }
      throw rateLimited({
        kind: "max_parallel_requests",
        subject: subjectOf(subject, keyHash),
        limit,
        retryAfterSeconds: PARALLEL_RETRY_SECONDS,
        resetsAt: new Date(clock.now() + PARALLEL_RETRY_SECONDS * 1000),
      });
    }

    /** All are asked at once; when one refuses, the others are given back. */
    async function takeCounts(
      reply: FastifyReply,
      counts: readonly RequestCount[],
      keyHash: string,
      held: HeldLimits,
    ): Promise<void> {
      const answers = await Promise.all(
        counts.map(async (one) => {
          const answer = await limiter.take(
            `${one.kind}:${one.subject.scope}:${one.subject.id}`,
            one.limit,
            one.amount,
            one.reserved,
          );
          if (answer.taken !== undefined) held.addCount(one.kind, answer.taken);
          return { ...one, answer };
        }),
      );
      for (const kind of COUNT_KINDS) {
        const tightest = tightestOf(answers.filter((one) => one.kind === kind));
        if (tightest === undefined) continue;
        if (kind !== "counts") setRateLimitHeaders(reply, kind, tightest.answer);
        if (tightest.answer.taken === undefined) refuse(reply, tightest, keyHash);
      }
    }

    function refuse(
      reply: FastifyReply,
      { kind, subject, limit, answer }: RequestCount & { readonly answer: QuotaAnswer },
      keyHash: string,
    ): never {
      const resetsAt = new Date(clock.now() + answer.waitMs);
      reply.header("rate_limit_type", kind);
      reply.header("reset_at", resetsAt.toISOString());
      const retryAfterSeconds = Math.max(1, Math.ceil(answer.waitMs / 1000));
      throw rateLimited({ kind, subject: subjectOf(subject, keyHash), limit, retryAfterSeconds, resetsAt });
    }
  },
  { name: "limits", dependencies: ["auth", "audit", "key-standing"] },
);

/** The limits of a request, and the key that it came with. */
interface LimitedRequest {
  readonly limits: readonly RequestLimits[];
  readonly keyHash: string;
}

/** @returns `undefined` for a request that has no limits */
function limitedBy({ caller, routeOptions }: FastifyRequest): LimitedRequest | undefined {
  if (caller?.kind !== "key" || routeOptions.config.modelAccess === undefined) return undefined;
  const limits = limitsOf(caller.allowances);
  return limits.length === 0 ? undefined : { limits, keyHash: caller.key.tokenHash };
}

const subjectOf = ({ scope, id }: RequestLimits, keyHash: string) =>
  scope === "key" ? `api_key: ${keyHash}` : `user: ${id}`;

function setRateLimitHeaders(
  reply: FastifyReply,
  kind: CountKind,
  { taken, limit, remaining, resetMs }: QuotaAnswer,
): void {
  reply.header(`x-ratelimit-limit-${kind}`, limit);
  reply.header(`x-ratelimit-remaining-${kind}`, taken === undefined ? 0 : remaining);
  reply.header(`x-ratelimit-reset-${kind}`, `${Math.ceil(resetMs / 1000)}s`);
}

/** A request that did not get as far as a provider counts for nothing. */
function release({ audit }: FastifyRequest, held: HeldLimits): void {
  if (audit?.isSent !== true) {
    held.giveBack();
    return;
  }
  const { inputTokens, cacheWriteTokens, outputTokens } = audit.usage;
  // Reading from the cache is not counted, as providers do not count it either.
  held.settle(inputTokens + cacheWriteTokens + outputTokens);
}
