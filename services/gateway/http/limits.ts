import type { FastifyReply, FastifyRequest } from "fastify";
import fp from "fastify-plugin";
import type { Clock } from "../../shared/clock";
import { rateLimited } from "../errors/catalogue";
import type { MetricsRegistry } from "../metrics/registry";
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
  interface FastifyContextConfig {
    /**
     * Requests to this route count for the caller's limits; `counting`: only for that of requests at the same time, and for a
     * bound of their own, which nobody meets who counts for each turn of a conversation. @default false
     */
    isLimited?: boolean | "counting";
  }
  interface FastifyRequest {
    /**
     * Counts the tokens of a request as soon as its handler knows them. `undefined`: nobody has limited them.
     * @param bytes of the body
     * @param maxTokens most that the answer may have
     * @throws GatewayError 429, StoreUnavailableError
     */
    countTokens: ((bytes: number, maxTokens: number) => Promise<void>) | undefined;
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
  readonly registry: MetricsRegistry;
}

/**
/**
 * Requests and tokens a minute, and requests at the same time, of the key and of its user. Places and requests are counted before the body is
 * read; tokens by the handler, which knows how long the answer may be: there must be room for the input, and the whole answer is counted
 * until it is there. A request that is refused, here or later, before the provider is asked gives back what it counted; at the
 * end the provider's count takes the place of the estimate.
 */
export const limits = fp<LimitsOptions>(
  async (app, { limiter, ledger, clock, registry }) => {
    app.decorateRequest("countTokens", undefined);
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
      const { all, keyHash } = limited;
      const held = new HeldLimits(limiter);
      const leave = () => {
        placesInUse -= held.places;
        release(request, held);
      };
      try {
        // All at once, so that they are asked for together; each that comes is held, and given back below.
        const places = await Promise.allSettled(
          all.map((of) =>
            of.maxParallel === null ? undefined : takePlace(of, of.maxParallel, keyHash, held),
          ),
        );
        for (const place of places) if (place.status === "rejected") throw place.reason;
        const isCounting = request.routeOptions.config.isLimited === "counting";
        const counts = all.flatMap((of) => (isCounting ? countingOf(of) : countsOf(of)));
        await takeCounts(reply, counts, keyHash, held);
        if (!isCounting && all.some(({ tpm }) => tpm !== null))
          request.countTokens = (bytes, output) => {
            const tokens = { input: Math.max(1, Math.ceil(bytes / BYTES_PER_TOKEN)), output };
            return takeCounts(
              reply,
              all.flatMap((of) => tokensOf(of, tokens)),
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
      of: RequestLimits,
      limit: number,
      keyHash: string,
      held: HeldLimits,
    ): Promise<void> {
      const place = { fullNano: 1, ampleNano: 1, leastNano: 1 };
      const result = await ledger.reserve([budgetForParallel(of.id, limit, of.scope)], place);
      if (result instanceof Reservation) {
        held.addPlace(result);
        placesInUse += 1;
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
      reply: FastifyReply,
      counts: readonly RequestCount[],
      keyHash: string,
      held: HeldLimits,
    ): Promise<void> {
      const answers = await Promise.all(
        counts.map(async (one) => {
          const answer = await limiter.take(
            `${one.kind}:${one.of.scope}:${one.of.id}`,
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
        if (kind !== "counts") tell(reply, kind, tightest.answer);
        if (tightest.answer.taken === undefined) refuse(reply, tightest, keyHash);
      }
    }

    function refuse(
      reply: FastifyReply,
      { kind, of, limit, answer }: RequestCount & { readonly answer: QuotaAnswer },
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

/** The limits of a request, and whose they are. */
interface LimitedRequest {
  readonly all: readonly RequestLimits[];
  readonly keyHash: string;
}

/** @returns `undefined` for a request that has no limits */
function limitedBy({ caller, routeOptions }: FastifyRequest): LimitedRequest | undefined {
  if (caller?.kind !== "key" || (routeOptions.config.isLimited ?? false) === false) return undefined;
  const all = limitsOf(caller.allowances);
  return all.length === 0 ? undefined : { all, keyHash: caller.key.tokenHash };
}

const subjectOf = ({ scope, id }: RequestLimits, keyHash: string) =>
  scope === "key" ? `api_key: ${keyHash}` : `user: ${id}`;

function tell(reply: FastifyReply, kind: CountKind, { taken, limit, remaining, resetMs }: QuotaAnswer): void {
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
