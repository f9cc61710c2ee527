import type { AppliedBudget } from "../../services/gateway/money/ledger/lease-epoch";
import { Ledger, Reservation } from "../../services/gateway/money/ledger/ledger";
import type { AuditLog } from "../../services/gateway/store/audit-log";
import type { BudgetStore } from "../../services/gateway/store/budget-store";
import { auditRow } from "../support/services/audit-row";
import { flakyBudgetStore } from "../support/services/flaky-budget-store";
import { Random } from "../support/services/random";

/** A durable row; one of a lost request has an error. */
export interface LedgerRow {
  readonly requestId: string;
  readonly cost: number;
  readonly errorType: string | null;
}

/** What several gateways share, and ways to look at it. */
export interface OpenLedger {
  /** One for each gateway; they may be the same. */
  readonly gateways: readonly { readonly store: BudgetStore; readonly audit: AuditLog }[];
  /** What is leased of a budget and not spent. */
  readonly leased: (account: string) => Promise<number>;
  /** Durable rows. */
  readonly rows: () => Promise<readonly LedgerRow[]>;
  /** Lets time pass, as the store sees it. */
  readonly pass: (ms: number) => Promise<void>;
}

interface Request {
  readonly requestId: string;
  readonly gateway: number;
  readonly charged: readonly AppliedBudget[];
  readonly reserved: number;
  /** Whether its gateway was dead, or counted as dead, while it ran. */
  mayBeLost: boolean;
  /** What its row says; `undefined` while it runs, and for ever when its gateway dies. */
  cost: number | undefined;
  /** Whether its own row is durable: then it counts, whatever was charged before. */
  hasRow: boolean;
  readonly commit: (cost: number) => Promise<void>;
}

const TTL_MS = 60_000;
const logger = { warn: () => {}, info: () => {} };

/**
 * Random schedules of several gateways on shared budgets: requests that are reserved, settled or aborted side by side, gateways that
 * are killed, gateways that live and are given up for dead, answers of the store that are lost. The model is the plainest there is:
 * every request that has begun gets one row, and a budget has spent what its rows cost.
 */
export function describeLedger(
  name: string,
  open: () => Promise<OpenLedger>,
  { schedules, steps }: { schedules: number; steps: number },
): void {
  describe(`ledger: ${name}`, () => {
    test.each(Array.from({ length: schedules }, (_, index) => index + 1))(
      "random schedule %s keeps every promise",
      async (seed) => {
        const schedule = new Schedule(await open(), new Random(seed));
        for (let step = 0; step < steps; step += 1) {
          await schedule.step();
          await schedule.check();
        }
        await schedule.end();
      },
    );
  });
}

class Schedule {
  readonly #budgets: readonly AppliedBudget[];
  readonly #stores: readonly BudgetStore[];
  readonly #ledgers: Ledger[];
  readonly #requests = new Map<string, Request>();
  /** Refused before they were sent: their rows cost nothing. */
  readonly #unsent = new Set<string>();
  #running: Request[] = [];

  constructor(
    readonly opened: OpenLedger,
    readonly random: Random,
  ) {
    const limits = {
      "key:a": random.int(2000, 20_000),
      "key:b": random.int(2000, 20_000),
      "end_user:c": 9000,
    };
    this.#budgets = Object.entries(limits).map(([account, limitNano]) => {
      return { account, period: "all", limitNano, since: null };
    });
    const lossRate = random.next() < 0.5 ? 0.1 : 0;
    this.#stores = opened.gateways.map(({ store }) => flakyBudgetStore(store, random, lossRate));
    this.#ledgers = this.#stores.map((store) => this.#start(store));
  }

  async step(): Promise<void> {
    const { random } = this;
    const dice = random.next();
    if (dice < 0.75) {
      const count = random.int(1, 4);
      await Promise.all(
        Array.from({ length: count }, () => (random.next() < 0.55 ? this.#reserve() : this.#settle())),
      );
    } else if (dice < 0.9) {
      await this.opened.pass(random.int(0, TTL_MS / 4));
      await Promise.all(this.#ledgers.map((ledger) => ledger.beat()));
    } else await this.#fail(random.int(0, this.#ledgers.length - 1));
  }

  /** What holds at any time. */
  async check(): Promise<void> {
    const rows = await this.opened.rows();
    const wrong: unknown[] = rows.filter((row) => !this.#isExpected(row));
    for (const budget of this.#budgets) {
      const { account, limitNano } = budget;
      const spent = (await this.#store.spentNano(budget)) ?? 0;
      const leased = await this.opened.leased(account);
      const cost = rows
        .filter(({ requestId }) => this.#isCharged(requestId, budget))
        .reduce((sum, row) => sum + row.cost, 0);
      if (spent !== cost) wrong.push(`${account} has spent ${spent}, its rows cost ${cost}`);
      if (!(spent + leased <= limitNano)) wrong.push(`${account}: ${spent} + ${leased} of ${limitNano}`);
    }
    // Once for all: in tens of thousands of steps most of the time would go into making expectations.
    expect(wrong).toEqual([]);
  }

  /** Ends what runs, and the gateways. Then nothing is leased, and no request is without its row. */
  async end(): Promise<void> {
    await Promise.all(this.#running.splice(0).map((request) => this.#commit(request, 0)));
    await Promise.all(this.#ledgers.map((ledger) => ledger.stop()));
    await this.opened.pass(2 * TTL_MS);
    await this.#store.recover();
    await this.check();
    for (const { account } of this.#budgets) await expect(this.opened.leased(account)).resolves.toBe(0);
    const ids = (await this.opened.rows()).map(({ requestId }) => requestId);
    expect(ids.sort()).toEqual([...this.#requests.keys(), ...this.#unsent].sort());
    expect(this.#requests.size).toBeGreaterThan(0);
  }

  async #reserve(): Promise<void> {
    const { random } = this;
    const gateway = random.int(0, this.#ledgers.length - 1);
    const [a, b, c] = this.#budgets as [AppliedBudget, AppliedBudget, AppliedBudget];
    const charged = random.pick([[a], [b], [a, c]]);
    const fullNano = random.int(50, 1500);
    const preferredNano = random.int(20, fullNano);
    const bounds = { fullNano, preferredNano, leastNano: random.int(10, preferredNano) };
    const reservation = await this.#ledgers[gateway]?.reserve(charged, bounds).catch(() => undefined);
    if (!(reservation instanceof Reservation)) return;
    const entry = this.opened.gateways[gateway]?.audit.open();
    if (entry === undefined) throw new Error("the log is full");
    const row = auditRow({ costNanoUsd: 0, errorType: null });
    const { requestId } = row;
    const commit = (costNanoUsd: number) =>
      entry.commit({ ...row, costNanoUsd }, () => reservation.settle(costNanoUsd));
    try {
      await entry.begin(reservation.toIntent(row));
    } catch {
      // Its owner was ended: it is not sent.
      this.#unsent.add(requestId);
      return commit(0);
    }
    const reserved = reservation.amountNano;
    const request = {
      requestId,
      gateway,
      charged,
      reserved,
      mayBeLost: false,
      cost: undefined,
      hasRow: false,
      commit,
    };
    this.#requests.set(requestId, request);
    this.#running.push(request);
  }

  /** An abort before anything came costs nothing, an answer anything up to its bound. */
  async #settle(): Promise<void> {
    if (this.#running.length === 0) return;
    const [request] = this.#running.splice(this.random.int(0, this.#running.length - 1), 1) as [Request];
    await this.#commit(request, this.random.next() < 0.2 ? 0 : this.random.int(0, request.reserved));
  }

  async #commit(request: Request, cost: number): Promise<void> {
    request.cost = cost;
    await request.commit(cost);
    request.hasRow = true;
  }

  /** A gateway is killed, or hangs for so long that it counts as dead. The others notice after a while, or later. */
  async #fail(gateway: number): Promise<void> {
    const isKilled = this.random.next() < 0.5;
    const others = this.#ledgers.filter((_, index) => index !== gateway);
    for (const request of this.#running) request.mayBeLost ||= request.gateway === gateway;
    if (isKilled) {
      // Nothing of its memory is left, and no row of its requests will come.
      this.#running = this.#running.filter((request) => request.gateway !== gateway);
      this.#ledgers[gateway] = this.#start(this.#stores[gateway] as BudgetStore);
      if (this.random.next() < 0.3) return;
    }
    for (let beat = 0; beat < 2; beat += 1) {
      await this.opened.pass(0.6 * TTL_MS);
      await Promise.all(others.map((ledger) => ledger.beat()));
    }
    await this.#store.recover();
  }

  #isExpected({ requestId, cost, errorType }: LedgerRow): boolean {
    const request = this.#requests.get(requestId);
    if (request === undefined) return this.#unsent.has(requestId) && cost === 0;
    if (errorType === null) return cost === request.cost;
    return request.mayBeLost && !request.hasRow && cost === request.reserved;
  }

  #isCharged(requestId: string, { account }: AppliedBudget): boolean {
    return this.#requests.get(requestId)?.charged.some((budget) => budget.account === account) === true;
  }

  get #store(): BudgetStore {
    return this.#stores[0] as BudgetStore;
  }

  #start(store: BudgetStore): Ledger {
    return new Ledger({ store, logger, ttlMs: TTL_MS, recallMs: 1 });
  }
}
