import type { Allowance } from "../../identity/allowances";
import type { Reservation } from "../ledger/ledger";
import type { QuotaAnswer, TakenQuota } from "./leased-quota";
import type { Limiter } from "./limiter";

/** What one request holds of the limits of its key and of its user. */
export class HeldLimits {
  /** Among the parallel requests. */
  readonly #places: Reservation[] = [];
  readonly #counts: Readonly<Record<CountKind, TakenQuota[]>> = {
    requests: [],
    tokens: [],
    counts: [],
  };

  #isOver = false;

  constructor(readonly limiter: Pick<Limiter, "refund" | "correct">) {}

  addPlace(place: Reservation): void {
    this.#places.push(place);
  }

  /** How many of those. */
  get places(): number {
    return this.#places.length;
  }

  /** Released at once when the request is over already, because its client disconnected. */
  addCount(kind: CountKind, taken: TakenQuota): void {
    if (this.#isOver) this.limiter.refund(taken);
    else this.#counts[kind].push(taken);
  }

  /**
   * The request was refused before a provider was asked: it counts for nothing. Only counting stays counted, because an
   * estimate asks no provider, and is work all the same.
   */
  giveBack(): void {
    this.#leave();
    const { requests, tokens } = this.#counts;
    for (const taken of [...requests, ...tokens]) this.limiter.refund(taken);
  }

  /**
   * The request is over, and a provider was asked.
   * @param actualTokens takes the place of the estimate; 0, since none was reported, leaves that of the input standing
   */
  settle(actualTokens: number): void {
    this.#leave();
    for (const taken of this.#counts.tokens)
      this.limiter.correct(taken, actualTokens > 0 ? actualTokens : taken.amount - taken.reserved);
  }

  #leave(): void {
    this.#isOver = true;
    for (const place of this.#places) place.settle(0);
  }
}

/** What is counted in a minute; `counts`: requests that only ask how many tokens another one would have. */
export const COUNT_KINDS = ["requests", "tokens", "counts"] as const;

/** One of `COUNT_KINDS`. */
export type CountKind = (typeof COUNT_KINDS)[number];

/** One limit per minute that a request counts for. */
export interface RequestCount {
  readonly kind: CountKind;
  /** Whose limit it is. */
  readonly subject: RequestLimits;
  readonly limit: number;
  /** What must fit. */
  readonly amount: number;
  /** What it may count for beyond that, and does until it is known. @default 0 */
  readonly reserved?: number;
}

/** Tokens of a request that has not been answered yet. */
interface TokenBound {
  /** As estimated. */
  readonly input: number;
  /** Most that the answer may have. */
  readonly output: number;
}

/** Counting tokens costs nothing, and agents do it in bursts of 30. A key may do it so many times as often as it may ask… */
const COUNTINGS_PER_REQUEST = 10;
/** …and at least so often a minute. */
const LEAST_COUNTINGS = 600;

/** What a request counts as, regardless of its tokens. */
export function countsOf(subject: RequestLimits): RequestCount[] {
  return subject.rpm === null ? [] : [{ kind: "requests", subject, limit: subject.rpm, amount: 1 }];
}

/** What the tokens of a request count for. */
export function tokensOf(subject: RequestLimits, { input, output }: TokenBound): RequestCount[] {
  if (subject.tpm === null) return [];
  return [{ kind: "tokens", subject, limit: subject.tpm, amount: input, reserved: output }];
}

/** What a request counts for that only counts tokens. A key that may ask nothing has nothing to count. */
export function countingOf(subject: RequestLimits): RequestCount[] {
  const { rpm } = subject;
  if (rpm === null) return [];
  const limit = rpm === 0 ? 0 : Math.max(LEAST_COUNTINGS, COUNTINGS_PER_REQUEST * rpm);
  return [{ kind: "counts", subject, limit, amount: 1 }];
}

/** Limits of a key or of its user that a request counts for; at least one is set. `null`: no such limit. */
export interface RequestLimits {
  readonly scope: "key" | "user";
  /** Key id or user id. */
  readonly id: string;
  /** Requests a minute. */
  readonly rpm: number | null;
  /** Tokens a minute. */
  readonly tpm: number | null;
  /** Requests at the same time. */
  readonly maxParallel: number | null;
}

/** The limits of a request, in the order of its allowances: key, then user. Those without any limit are left out. */
export function limitsOf(allowances: readonly Allowance[]): readonly RequestLimits[] {
  const limits: RequestLimits[] = [];
  for (const { scope, id, rpmLimit: rpm, tpmLimit: tpm, maxParallelRequests: maxParallel } of allowances) {
    if (rpm !== null || tpm !== null || maxParallel !== null)
      limits.push({ scope, id, rpm, tpm, maxParallel });
  }
  return limits;
}

/** The refusal with the longest wait, or else the limit with the least left. `undefined`: there is none. */
export function tightestOf<One extends { readonly answer: QuotaAnswer }>(
  answers: readonly One[],
): One | undefined {
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
