import type { AuditRow, Intent } from "../../../services/gateway/store/audit-log";
import {
  type BudgetId,
  type BudgetStore,
  type Lease,
  type LeaseRequest,
  type LeaseReturn,
  OwnerLostError,
} from "../../../services/gateway/store/budget-store";
import { toLostRow } from "../../../services/gateway/store/postgres/budget-statements";
import { type Clock, systemClock } from "../../../services/shared/clock";

interface Budget {
  spent: number;
  /** By owner; the sum is what is leased. */
  readonly leases: Map<string, number>;
  /** Requests that were charged as lost since spend was set. */
  readonly lost: Set<string>;
}

/** Budgets in the process only. For tests: the rules of the Postgres store without its transactions. */
export class MemoryBudgetStore implements BudgetStore {
  readonly intents = new Map<string, Intent>();
  readonly #budgets = new Map<string, Budget>();
  readonly #listeners: ((budget: BudgetId) => void)[] = [];
  /** Owner → when it counts as dead. */
  readonly #owners = new Map<string, number>();

  constructor(
    /** Takes the rows of lost requests. */
    readonly addRow: (row: AuditRow) => void = () => {},
    readonly clock: Clock = systemClock,
  ) {}

  register(owner: string, ttlMs: number): Promise<void> {
    this.#owners.set(owner, this.clock.now() + ttlMs);
    return Promise.resolve();
  }

  heartbeat(owners: readonly string[], ttlMs: number): Promise<readonly string[]> {
    const known = owners.filter((owner) => this.#owners.has(owner));
    for (const owner of known) this.#owners.set(owner, this.clock.now() + ttlMs);
    return Promise.resolve(known);
  }

  acquire(owner: string, requests: readonly LeaseRequest[]): Promise<readonly Lease[]> {
    if (!this.#owners.has(owner)) return Promise.reject(new OwnerLostError("owner was ended"));
    return Promise.resolve(requests.map((request) => this.#give(owner, request)));
  }

  /** A budget is there as soon as somebody asks. */
  create(): Promise<void> {
    return Promise.resolve();
  }

  giveBack(owner: string, returns: readonly LeaseReturn[]): Promise<readonly LeaseReturn[]> {
    if (this.#owners.has(owner))
      for (const back of returns) this.#move(this.#budget(back), owner, -back.amountNano);
    return Promise.resolve([]);
  }

  recall(budget: BudgetId): Promise<void> {
    for (const listener of this.#listeners) listener(budget);
    return Promise.resolve();
  }

  onRecall(listener: (budget: BudgetId) => void): void {
    this.#listeners.push(listener);
  }

  async recover(): Promise<number> {
    const dead = [...this.#owners].filter(([, expiresAt]) => expiresAt < this.clock.now());
    for (const [owner] of dead) await this.retire(owner);
    return dead.length;
  }

  retire(owner: string): Promise<void> {
    for (const intent of this.intents.values()) {
      if (intent.owner !== owner) continue;
      this.addRow(toLostRow(intent));
      this.settle(intent.requestId, intent.reservedNano);
      for (const id of intent.budgets) this.#budget(id).lost.add(intent.requestId);
    }
    for (const budget of this.#budgets.values()) budget.leases.delete(owner);
    this.#owners.delete(owner);
    return Promise.resolve();
  }

  spentNano(id: BudgetId): Promise<number | undefined> {
    return Promise.resolve(this.#budgets.get(`${id.account} ${id.period}`)?.spent);
  }

  setSpent(id: BudgetId, spentNano: number): Promise<void> {
    const budget = this.#budget(id);
    budget.spent = spentNano;
    budget.lost.clear();
    return Promise.resolve();
  }

  /** What is leased of a budget, in nano-USD. */
  leasedNano(id: BudgetId): number {
    return sum(this.#budget(id).leases);
  }

  /** @throws OwnerLostError */
  addIntent(intent: Intent): void {
    if (!this.#owners.has(intent.owner)) throw new OwnerLostError("owner was ended");
    this.intents.set(intent.requestId, intent);
  }

  /** Money moves for an intent that is there; a request without one costs no budget anything. */
  settle(requestId: string, costNano: number): void {
    const intent = this.intents.get(requestId);
    if (intent === undefined) return;
    this.intents.delete(requestId);
    for (const id of intent.budgets) {
      const budget = this.#budget(id);
      budget.spent += costNano;
      this.#move(budget, intent.owner, -costNano);
    }
  }

  /** Charges budgets that are in use, without a lease. */
  charge(budgets: readonly BudgetId[], costNano: number): void {
    for (const { account, period } of budgets) {
      const budget = this.#budgets.get(`${account} ${period}`);
      if (budget !== undefined) budget.spent += costNano;
    }
  }

  /** A row takes the place of that of a lost request. @param changeNano what it cost, without what was charged */
  correct(requestId: string, budgets: readonly BudgetId[], changeNano: number): void {
    for (const id of budgets) {
      const budget = this.#budget(id);
      if (budget.lost.delete(requestId)) budget.spent += changeNano;
    }
  }

  #give(owner: string, request: LeaseRequest): Lease {
    const budget = this.#budget(request);
    const room = request.limitNano - budget.spent - sum(budget.leases, 0);
    const granted = grant(request, room, request.limitNano - budget.spent);
    this.#move(budget, owner, granted);
    const leased = sum(budget.leases);
    return {
      grantedNano: granted,
      spentNano: budget.spent,
      leasedNano: leased,
      othersNano: leased - (budget.leases.get(owner) ?? 0),
    };
  }

  #move(budget: Budget, owner: string, amountNano: number): void {
    budget.leases.set(owner, (budget.leases.get(owner) ?? 0) + amountNano);
  }

  #budget({ account, period }: BudgetId): Budget {
    const key = `${account} ${period}`;
    const budget = this.#budgets.get(key) ?? {
      spent: 0,
      leases: new Map<string, number>(),
      lost: new Set<string>(),
    };
    this.#budgets.set(key, budget);
    return budget;
  }
}

/** The same rule as `GRANT` of the Postgres statements. */
function grant(
  { fullNano, preferredNano, leastNano, endNano, wantNano }: LeaseRequest,
  room: number,
  unspent: number,
) {
  if (fullNano > 0 && room >= fullNano) return Math.max(fullNano, Math.min(wantNano, Math.trunc(room / 16)));
  if (room <= 0) return 0;
  if (room >= preferredNano) return Math.max(preferredNano, Math.min(fullNano, Math.trunc(room / 4)), 0);
  return room >= leastNano && unspent < endNano ? room : 0;
}

/** @param least what an amount counts for at least. @default - nothing less than it is */
function sum(amounts: ReadonlyMap<string, number>, least = Number.NEGATIVE_INFINITY): number {
  let total = 0;
  for (const amount of amounts.values()) total += Math.max(amount, least);
  return total;
}
