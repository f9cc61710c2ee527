import { readdirSync } from "node:fs";
import type { BenchDatabase } from "../processes/database";
import { residentMemory } from "../processes/resident-memory";

/** What must not grow with time. */
export interface Look {
  readonly atMs: number;
  /** Of all gateways together, in MB. */
  readonly memoryMb: number;
  /** Open files and connections of all gateways together. */
  readonly descriptors: number;
  /** Dead rows of the tables that every request changes. */
  readonly deadRows: number;
  /** Of the same tables with their indexes, in MB. */
  readonly tablesMb: number;
}

/** Tables whose rows come and go. */
const BUSY_TABLES = [
  "budgets",
  "budget_leases",
  "intent_batches",
  "ledger_owners",
  "rate_accounts",
  "rate_blocks",
  "spend_deltas",
];
const EVERY_MS = 2000;

/** Looks at gateways and database again and again. */
export class Watch {
  readonly looks: Look[] = [];
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly pids: readonly number[],
    private readonly database: BenchDatabase,
  ) {}

  start(): void {
    this.#timer = setInterval(() => {
      this.#running = this.#running.then(() => this.#look());
    }, EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  async #look(): Promise<void> {
    const [row] = await this.database.query<{ dead: string; bytes: string }>(
      `SELECT coalesce(sum(n_dead_tup), 0) AS dead, coalesce(sum(pg_total_relation_size(relid)), 0) AS bytes
         FROM pg_stat_user_tables WHERE relname = ANY($1)`,
      [BUSY_TABLES],
    );
    this.looks.push({
      atMs: Date.now(),
      memoryMb: sum(this.pids.map((pid) => residentMemory(pid) ?? 0)),
      descriptors: sum(this.pids.map(descriptorsOf)),
      deadRows: Number(row?.dead),
      tablesMb: Number(row?.bytes) / 1e6,
    });
  }
}

/** @returns 0 where the kernel does not say it (not Linux), or the process is gone */
function descriptorsOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
