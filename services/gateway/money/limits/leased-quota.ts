import type { Clock } from "../../../shared/clock";
import type { Questions } from "../../store/batching";
import { StoreUnavailableError } from "../../store/key-store";
import {
  type QuotaCorrection,
  type QuotaGrant,
  type QuotaRequest,
  type QuotaStore,
  USE_MS,
  WINDOW_MS,
} from "../../store/quota-store";

/** A limit's decision about one request. */
export interface QuotaAnswer {
  /** `undefined`: refused. */
  readonly taken: TakenQuota | undefined;
  readonly limit: number;
  readonly remaining: number;
  /** Until a refused request fits, in milliseconds; 0 for one that was not. */
  readonly waitMs: number;
  /** Until the whole limit is free again, in milliseconds. */
  readonly resetMs: number;
}

/** Counts that one request holds. */
export interface TakenQuota {
  readonly quota: LeasedQuota;
  readonly block: number;
  /** Counted until it is known better. */
  readonly amount: number;
  /** How much of that is only reserved for what the request may use beyond what it needs. */
  readonly reserved: number;
}

interface Held {
  block: number;
  amount: number;
  usableUntil: number;
  used: number;
  resetAt: number;
}

/** How far ahead a block should last, in milliseconds: about as long as one may be used. */
const SPAN_MS = 2000;
/** How long a refusal holds without another query, in milliseconds: others may give counts back. */
const REFUSAL_TTL_MS = 250;
/** When to ask again for what running requests have reserved, in milliseconds: nobody knows when one ends. */
const RESERVED_WAIT_MS = 5000;
/** Most queries to a store whose answers come when their counts have expired. */
const MAX_QUERIES = 2;

const NOTHING: Held = { block: 0, amount: 0, usableUntil: 0, used: 0, resetAt: 0 };

/** What a limit needs of the process. */
export interface QuotaTools {
  readonly questions: Questions<QuotaRequest, QuotaGrant>;
  readonly corrections: Corrections;
  /** Monotonic: only differences count. */
  readonly clock: Clock;
}

/**
 * One limit in this process. A block of counts is taken from the store and used up without asking; it counts
 * there for a window from the last moment at which it may be used, so no window ever holds more than the limit.
 */
export class LeasedQuota {
  #held = NOTHING;
  readonly #recent = new RecentUse(SPAN_MS);
  /** Needed by requests that wait. */
  #pending = 0;
  #work: Promise<unknown> = Promise.resolve();
  /** Reserved by requests that run in this process. */
  #reserved = 0;
  /** The last refusal, and until when its answer holds without a query. */
  #full: { need: number; until: number; at: number; waitMs: number; resetMs: number } | undefined;

  constructor(
    readonly account: string,
    readonly limit: number,
    readonly tools: QuotaTools,
  ) {}

  /** Whether nothing is held that could still be used. */
  get isIdle(): boolean {
    const now = this.tools.clock.now();
    return this.#held.usableUntil <= now && (this.#full?.until ?? 0) <= now;
  }

  /**
   * Admits a request when there is room for `amount`, and counts `reserved` as well, which may exceed the limit; then nothing is
   * admitted until enough of it is settled or expired. So no window counts more than the limit and one request's reserve.
   * @param amount more than the limit counts as the limit: it is admitted when nothing else is
   * @throws StoreUnavailableError
   */
  async take(amount: number, reserved = 0): Promise<QuotaAnswer> {
    const need = Math.min(amount, this.limit);
    if (need === 0 && this.limit === 0) return this.#answer(undefined, 60_000);
    if (this.#has(need + reserved)) return this.#use(need, reserved);
    // One query at a time: the answer to the first may be enough for those behind it.
    this.#pending += need + reserved;
    const result = this.#work
      .then(() => this.#ask(need, reserved))
      .finally(() => {
        this.#pending -= need + reserved;
      });
    this.#work = result.catch(() => {});
    return result;
  }

  /** Ends the request: `actual` counts instead of what was reserved. */
  settle({ block, amount, reserved }: TakenQuota, actual: number): void {
    this.#reserved -= reserved;
    if (actual > amount) {
      this.#add(actual - amount);
      return;
    }
    // What was reserved may have exceeded the limit: only the store knows whether the next request may have it.
    const unused = Math.min(reserved, amount - actual);
    if (unused > 0) this.#giveToStore(block, unused);
    this.refund(block, amount - actual - unused);
  }

  /** Gives counts back: to the block while it can still be used, else to the store. */
  refund(block: number, amount: number): void {
    if (amount === 0) return;
    if (block === this.#held.block && this.#isUsable()) this.#held.amount += amount;
    else this.#giveToStore(block, amount);
  }

  #giveToStore(block: number, amount: number): void {
    this.tools.corrections.put(this.account, block, amount);
    // An earlier refusal is out of date.
    this.#full = undefined;
  }

  /** Counts what has happened already, out of the block if it holds as much. */
  #add(amount: number): void {
    this.#recent.add(amount, this.tools.clock.now());
    if (this.#has(amount)) this.#held.amount -= amount;
    else this.tools.corrections.put(this.account, undefined, amount);
  }

  async #ask(need: number, reserved: number): Promise<QuotaAnswer> {
    const bound = need + reserved;
    if (this.#has(bound)) return this.#use(need, reserved);
    const { clock, questions, corrections } = this.tools;
    const now = clock.now();
    const full = this.#full;
    if (full !== undefined && need >= full.need && now < full.until)
      return this.#answer(undefined, full.waitMs - (now - full.at));
    this.#full = undefined;
    this.#giveUpBlock();
    let mayBeBehind = true;
    for (let attempt = 1; attempt <= MAX_QUERIES; ) {
      const askedAt = clock.now();
      const want = this.#pending + this.#recent.expected(askedAt);
      const grant = await questions.put({ account: this.account, limit: this.limit, need, bound, want });
      const resetAt = askedAt + grant.resetMs;
      if (grant.granted === 0) {
        // Requests that have just ended gave back what this one needs, and the store has not heard of it yet.
        if (mayBeBehind && corrections.isBehind(this.account)) {
          mayBeBehind = false;
          await corrections.flush();
          continue;
        }
        this.#held = { ...NOTHING, used: grant.used, resetAt };
        const until = askedAt + Math.min(grant.waitMs, REFUSAL_TTL_MS);
        const isOnlyReserved = grant.used - this.#reserved + need <= this.limit;
        const waitMs = isOnlyReserved ? Math.min(grant.waitMs, RESERVED_WAIT_MS) : grant.waitMs;
        this.#full = { need, until, at: askedAt, waitMs, resetMs: grant.resetMs };
        return this.#answer(undefined, waitMs);
      }
      const { block, granted, used, usableMs } = grant;
      this.#held = { block, amount: granted, usableUntil: askedAt + usableMs, used, resetAt };
      if (this.#isUsable() || this.#renew(grant, askedAt)) return this.#use(need, reserved);
      attempt += 1;
    }
    throw new StoreUnavailableError("the answer about a limit came too late");
  }

  /**
   * An answer that comes late gives what still counts, but not for a window from now: it is counted anew, and the old count taken
   * back, so that a slow store makes nobody wait in vain. @returns whether it could be used
   */
  #renew({ block, granted }: QuotaGrant, askedAt: number): boolean {
    const now = this.tools.clock.now();
    if (now - askedAt >= WINDOW_MS) {
      // Others may have been given the same.
      this.#held = { ...this.#held, amount: 0 };
      return false;
    }
    const { corrections } = this.tools;
    corrections.put(this.account, undefined, granted);
    corrections.put(this.account, block, granted);
    this.#held = { ...this.#held, usableUntil: now + USE_MS };
    return true;
  }

  /** What is left of a block is given back: it would count for a window although nobody used it. */
  #giveUpBlock(): void {
    const { block, amount } = this.#held;
    this.#held = { ...this.#held, block: 0, amount: 0, usableUntil: 0 };
    if (amount > 0) this.#giveToStore(block, amount);
  }

  #isUsable(): boolean {
    return this.tools.clock.now() < this.#held.usableUntil;
  }

  #has(amount: number): boolean {
    return this.#held.amount >= amount && this.#isUsable();
  }

  #use(need: number, reserved: number): QuotaAnswer {
    const amount = need + reserved;
    this.#held.amount -= amount;
    this.#reserved += reserved;
    this.#recent.add(amount, this.tools.clock.now());
    return this.#answer({ quota: this, block: this.#held.block, amount, reserved }, 0);
  }

  #answer(taken: TakenQuota | undefined, waitMs: number): QuotaAnswer {
    const { used, amount, resetAt } = this.#held;
    return {
      taken,
      limit: this.limit,
      // What the request may use is not used yet.
      remaining: Math.min(this.limit, Math.max(0, this.limit - used + amount + (taken?.reserved ?? 0))),
      waitMs,
      resetMs: Math.max(0, resetAt - this.tools.clock.now()),
    };
  }
}

/** How long corrections are added up before they are sent, in milliseconds. */
const GATHER_MS = 50;

/** Adds corrections up and sends them together, so that under load there are few statements for many requests. */
export class Corrections {
  #pending = new Map<string, QuotaCorrection>();
  #timer: NodeJS.Timeout | undefined;
  /** Accounts of the batch that is under way. */
  #sending: ReadonlySet<string> = new Set();
  /** That batch, or the last one. */
  #sent: Promise<void> = Promise.resolve();
  /** The batch behind it. */
  #next: Promise<void> | undefined;

  constructor(
    readonly store: Pick<QuotaStore, "correct">,
    /** A correction that is lost leaves too much counted, or an answer's excess uncounted; never a request. */
    readonly onError: (error: unknown) => void,
  ) {}

  /** @param block `undefined`: `amount` counts beside any block; otherwise it is given back from that block */
  put(account: string, block: number | undefined, amount: number): void {
    const name = `${account} ${block}`;
    const known = this.#pending.get(name);
    this.#pending.set(name, { account, block, amount: amount + (known?.amount ?? 0) });
    this.#timer ??= setTimeout(() => void this.flush(), GATHER_MS);
  }

  /** Whether corrections of an account are still unsent. */
  isBehind(account: string): boolean {
    if (this.#sending.has(account)) return true;
    for (const correction of this.#pending.values()) if (correction.account === account) return true;
    return false;
  }

  /** Sends what is gathered at once. Resolves when the store has it, or it is lost. */
  flush(): Promise<void> {
    if (this.#pending.size === 0) return this.#sent;
    this.#next ??= this.#sent.then(() => this.#send());
    return this.#next;
  }

  #send(): Promise<void> {
    const batch = [...this.#pending.values()];
    this.#pending = new Map();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#next = undefined;
    this.#sending = new Set(batch.map(({ account }) => account));
    this.#sent = this.store
      .correct(batch)
      .catch(this.onError)
      .finally(() => {
        this.#sending = new Set();
      });
    return this.#sent;
  }
}

/** How much is used within a span of time, as a forecast for the next span of the same length. */
export class RecentUse {
  #current = 0;
  #previous = 0;
  #since = Number.NEGATIVE_INFINITY;

  /** @param spanMs in milliseconds */
  constructor(readonly spanMs: number) {}

  add(amount: number, nowMs: number): void {
    this.#turn(nowMs);
    this.#current += amount;
  }

  /** What is to be expected within the next span: as much as in the span before, or more when this one has more already. */
  expected(nowMs: number): number {
    this.#turn(nowMs);
    return Math.max(this.#current, this.#previous);
  }

  #turn(nowMs: number): void {
    const age = nowMs - this.#since;
    if (age < this.spanMs) return;
    this.#previous = age < 2 * this.spanMs ? this.#current : 0;
    this.#current = 0;
    this.#since = nowMs;
  }
}
