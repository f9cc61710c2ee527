import type { Client, ClientBase, Pool } from "pg";
import { Questions } from "../batching";
import {
  type BudgetId,
  type BudgetStore,
  type LeaseAnswer,
  type LeaseRequest,
  type LeaseReturn,
  type NewBudget,
  OwnerLostError,
} from "../budget-store";
import { StoreUnavailableError } from "../key-store";
import { writeLost } from "./audit-rows";
import {
  ACQUIRE,
  END_OWNER,
  GIVE_BACK,
  HEARTBEAT,
  LOCK_BUDGETS_OF,
  READ_SPENT,
  SET_SPENT,
  SHORTEN_LIVES,
  toLostRow,
} from "./budget-statements";
import { isConflict, isForeignKeyViolation, isRefused, isWriteFault, retryConflicts } from "./errors";
import type { FirstBudgets } from "./first-budgets";
import type { HeartbeatThread } from "./heartbeat-thread";
import { decodeIntents } from "./intent-log";
import type { LinkUser } from "./link";
import { arrayLiteral } from "./sql";

/**
 * How long a statement about several budgets waits for one that somebody else has locked, in milliseconds; then it does what it can without.
 * Commits hold one for some milliseconds, who settles a dead gateway or works by hand for seconds.
 */
const LOCK_WAIT_MS = 200;
/** Lost requests of one statement at most. */
const LOST_ROWS = 500;

/** What `PostgresBudgetStore` works with. */
interface PostgresBudgetStoreProps {
  readonly pool: Pool;
  /**
   * Its connections do not wait for the disk. A sign of life need not outlive a crash; one that waited for a slow disk longer than
   * it is good for would be over before anybody sees it.
   */
  readonly unsyncedPool: Pool;
  readonly firstBudgets: Pick<FirstBudgets, "create">;
  readonly recalls: Pick<Recalls, "send" | "listen">;
  /** Gives signs of life as well, for as long as an owner is known here. @default - none does */
  readonly thread?: Pick<HeartbeatThread, "add" | "remove"> | undefined;
  /** For those who only want to know what is spent: they must not be in the way of requests. @default - `pool` */
  readonly lookups?: Pool;
}

/** First of a message that asks for room of a budget. */
const BUDGET = "budget";

/** Budgets, leases and owners in Postgres. Time is the database's own. */
export class PostgresBudgetStore implements BudgetStore {
  readonly #spent: SpentReader;
  readonly pool: Pool;
  readonly #props: PostgresBudgetStoreProps;

  constructor(props: PostgresBudgetStoreProps) {
    this.pool = props.pool;
    this.#props = props;
    this.#spent = new SpentReader(props.lookups ?? props.pool);
  }

  async register(owner: string, ttlMs: number): Promise<void> {
    await this.#query(
      "INSERT INTO ledger_owners VALUES ($1, clock_timestamp() + $2 * interval '1 ms') ON CONFLICT (owner) DO NOTHING",
      [owner, ttlMs],
    );
    this.#props.thread?.add(owner, ttlMs);
  }

  async heartbeat(owners: readonly string[], ttlMs: number): Promise<readonly string[]> {
    const { rows } = await this.#props.unsyncedPool
      .query<{ owner: string }>(HEARTBEAT, [owners, ttlMs])
      .catch(unavailable);
    const known = rows.map((row) => row.owner);
    for (const owner of owners) if (!known.includes(owner)) this.#props.thread?.remove(owner);
    return known;
  }

  async acquire(owner: string, requests: readonly LeaseRequest[]): Promise<readonly LeaseAnswer[]> {
    const column = (read: (request: LeaseRequest) => string | number) => arrayLiteral(requests, read);
    try {
      const rows = await this.#queryLocked<AcquireRow>(
        ACQUIRE,
        [
          owner,
          column(({ account }) => account),
          column(({ period }) => period),
          column(({ limitNano }) => limitNano),
          column(({ fullNano }) => fullNano),
          column(({ preferredNano }) => preferredNano),
          column(({ leastNano }) => leastNano),
          column(({ endNano }) => endNano),
          column(({ wantNano }) => wantNano),
        ],
        "acquire-leases",
      );
      return rows.map(toAnswer);
    } catch (error) {
      if (!isOfOne(error, requests)) throw error;
      const answers: LeaseAnswer[] = [];
      for (const request of requests)
        answers.push(
          ...(await this.acquire(owner, [request]).catch((cause: unknown) => [onlyUnchanged(cause)])),
        );
      return answers;
    }
  }

  create(budget: NewBudget): Promise<void> {
    return this.#props.firstBudgets.create(budget);
  }

  async giveBack(owner: string, returns: readonly LeaseReturn[]): Promise<readonly LeaseReturn[]> {
    try {
      const [answer] = await this.#queryLocked<{ held: string[] }>(
        GIVE_BACK,
        [
          owner,
          arrayLiteral(returns, ({ account }) => account),
          arrayLiteral(returns, ({ period }) => period),
          arrayLiteral(returns, ({ amountNano }) => amountNano),
        ],
        "give-back-leases",
      );
      const held = new Set(answer?.held.map(Number));
      return returns.filter((_, index) => held.has(index + 1));
    } catch (error) {
      if (!isOfOne(error, returns)) throw error;
      const kept: LeaseReturn[] = [];
      for (const one of returns)
        await this.giveBack(owner, [one]).catch((cause: unknown) => {
          onlyUnchanged(cause);
          kept.push(one);
        });
      return kept;
    }
  }

  async recall({ account, period }: BudgetId): Promise<void> {
    await this.#props.recalls.send([BUDGET, account, period]).catch(unavailable);
  }

  onRecall(listener: (budget: BudgetId) => void): void {
    this.#props.recalls.listen(([kind, account, period]) => {
      if (kind === BUDGET && account !== undefined && period !== undefined) listener({ account, period });
    });
  }

  recover(): Promise<number> {
    // Someone who writes for the owner at this moment holds its row: then it is not dead yet.
    return this.#endOwners(
      "expires_at < clock_timestamp() ORDER BY owner FOR UPDATE SKIP LOCKED",
      [],
      SHORTEN_LIVES,
    );
  }

  async retire(owner: string): Promise<void> {
    this.#props.thread?.remove(owner);
    await this.#endOwners("owner = $1 FOR UPDATE", [owner]);
  }

  spentNano(budget: BudgetId): Promise<number | undefined> {
    return this.#spent.read(budget).catch(unavailable);
  }

  async setSpent({ account, period }: BudgetId, spentNano: number): Promise<void> {
    await this.#query(SET_SPENT, [account, period, spentNano]);
  }

  async #endOwners(condition: string, values: unknown[], before?: string): Promise<number> {
    const client = await this.pool.connect().catch(unavailable);
    let broken: Error | undefined;
    try {
      await client.query("BEGIN");
      if (before !== undefined) await client.query(before);
      const { rows } = await client.query<{ owner: string }>(
        `SELECT owner FROM ledger_owners WHERE ${condition}`,
        values,
      );
      if (rows.length > 0) await client.query(LOCK_BUDGETS_OF, [rows.map(({ owner }) => owner)]);
      for (const { owner } of rows) await endOwner(client, owner);
      await client.query("COMMIT");
      return rows.length;
    } catch (error) {
      await client.query("ROLLBACK").catch((failure: Error) => {
        broken = failure;
      });
      return unavailable(error);
    } finally {
      client.release(broken);
    }
  }

  /** With how long to wait for locks as the last parameter: not at all where they were not had in time. */
  async #queryLocked<Row extends object>(text: string, values: unknown[], name: string): Promise<Row[]> {
    try {
      return (await this.pool.query<Row>({ text, values: [...values, LOCK_WAIT_MS], name })).rows;
    } catch (error) {
      if (!isConflict(error)) return failed(error);
    }
    return this.#query(text, [...values, 0], name);
  }

  async #query<Row extends object>(text: string, values: unknown[], name?: string): Promise<Row[]> {
    try {
      const statement = { text, values, ...(name === undefined ? {} : { name }) };
      return (await retryConflicts(() => this.pool.query<Row>(statement))).rows;
    } catch (error) {
      return failed(error);
    }
  }
}

type AcquireRow = Record<"spent" | "leased" | "others" | "granted", string | null> & {
  readonly isHeld: boolean;
};

function toAnswer({ granted, spent, leased, others, isHeld }: AcquireRow): LeaseAnswer {
  if (isHeld) return "locked";
  if (granted === null) return "missing";
  return {
    grantedNano: Number(granted),
    spentNano: Number(spent),
    leasedNano: Number(leased),
    othersNano: Number(others),
  };
}

/** Whether one of several is at fault for sure, so that the others succeed without it. */
function isOfOne(error: unknown, all: readonly unknown[]): boolean {
  return (
    all.length > 1 && error instanceof StoreUnavailableError && error.isUnchanged && isWriteFault(error.cause)
  );
}

/** @throws `error` when it is not certain that nothing was changed */
function onlyUnchanged(error: unknown): StoreUnavailableError {
  if (error instanceof StoreUnavailableError && error.isUnchanged) return error;
  throw error;
}

/**
 * Intents without a row are charged what was reserved. The caller holds the owner's row, so nothing is added meanwhile, and the rows
 * of its budgets, so that no one who holds one of them waits for a lease that is changed here.
 */
async function endOwner(client: ClientBase, owner: string): Promise<void> {
  const { rows } = await client.query<{ intents: string }>(
    "SELECT intents FROM intent_batches WHERE owner = $1 ORDER BY batch",
    [owner],
  );
  const intents = new Map(
    rows.flatMap(({ intents }) => decodeIntents(intents).map((one) => [one.requestId, one])),
  );
  // A row that is there already costs nothing again, so those that ended need not be looked for.
  for (const batch of inBatches([...intents.values()])) {
    await writeLost(
      client,
      batch.map((intent) => ({ row: toLostRow(intent), intent })),
    );
  }
  await client.query(END_OWNER, [owner]);
  await client.query("DELETE FROM intent_batches WHERE owner = $1", [owner]);
  await client.query("DELETE FROM ledger_owners WHERE owner = $1", [owner]);
}

function* inBatches<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += LOST_ROWS) yield items.slice(start, start + LOST_ROWS);
}

function failed(error: unknown): never {
  if (isForeignKeyViolation(error)) throw new OwnerLostError("owner was ended", { cause: error });
  return unavailable(error);
}

function unavailable(error: unknown): never {
  throw new StoreUnavailableError("ledger not reached", { cause: error, isUnchanged: isRefused(error) });
}

/** Budgets of one statement at most: a page of keys or users. */
const TOGETHER = 1000;

/** What budgets have spent. All that is asked at once, such as by a page of keys, is one statement. */
export class SpentReader {
  readonly #questions: Questions<BudgetId, number | null>;

  constructor(readonly pool: Pool) {
    this.#questions = new Questions((budgets) => this.#read(budgets), TOGETHER);
  }

  /** In nano-USD; `undefined`: never used. @throws the error of the statement */
  async read(budget: BudgetId): Promise<number | undefined> {
    return (await this.#questions.put(budget)) ?? undefined;
  }

  async #read(budgets: readonly BudgetId[]): Promise<readonly (number | null)[]> {
    const { rows } = await this.pool.query<{ place: string; spent: string }>(READ_SPENT, [
      arrayLiteral(budgets, ({ account }) => account),
      arrayLiteral(budgets, ({ period }) => period),
    ]);
    const spent = new Map(rows.map((row) => [Number(row.place), Number(row.spent)]));
    return budgets.map((_, index) => spent.get(index + 1) ?? null);
  }
}

/** Longest message that Postgres takes, with a margin, in bytes. */
const MAX_BYTES = 7900;

/** Asks all gateways for what they hold and do not use; the message comes to this one too. One that is lost costs a refusal. */
export class Recalls implements LinkUser {
  readonly channel = "lease_recalls";
  readonly #listeners: ((of: readonly string[]) => void)[] = [];

  constructor(readonly pool: Pool) {}

  /** @param of what it is, such as an account and a period @throws the error of the database */
  async send(of: readonly string[]): Promise<void> {
    const message = JSON.stringify(of);
    if (Buffer.byteLength(message) > MAX_BYTES) return;
    await this.pool.query({
      name: "recall",
      text: "SELECT pg_notify($1, $2)",
      values: [this.channel, message],
    });
  }

  listen(listener: (of: readonly string[]) => void): void {
    this.#listeners.push(listener);
  }

  async onNotification(_client: Client, message: string): Promise<void> {
    const of: unknown = JSON.parse(message);
    if (!Array.isArray(of) || !of.every((part) => typeof part === "string")) return;
    for (const listener of this.#listeners) listener(of);
  }
}
