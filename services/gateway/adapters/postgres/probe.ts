import type { Pool } from "pg";
import { monotonicClock } from "../../ports/clock";
import type { Durability } from "../../ports/durability";
import type { PostgresAuditLog } from "./audit-log";
import type { CircuitBreaker } from "./circuit-breaker";
import type { CommitWatch } from "./commit-watch";

/** How long an answer stays true, in milliseconds. */
const FRESH_MS = 1000;
/** A database that takes longer than this is away. */
const LIMIT_MS = 1000;

/** Settings of `createDurabilityProbe`. */
export interface DurabilityProbeSettings {
  /** Names the row that this gateway writes; a UUID. */
  readonly gateway: string;
  readonly isConnected: () => boolean;
  readonly audit: Pick<
    PostgresAuditLog,
    "isAccepting" | "isJournaling" | "canJournal" | "isTakingIntents" | "hasBegun" | "journal"
  >;
  /** For rows. */
  readonly pool: Pool;
  readonly rows: CommitWatch;
  /** For leases; their statements run under `leases`. */
  readonly leasePool: Pool;
  readonly leases: CircuitBreaker;
  readonly quotas: CircuitBreaker;
  /** Milliseconds of a clock that nobody sets. @default monotonicClock */
  readonly now?: () => number;
}

/**
 * Says what could be made durable now, by what the last real commits of rows, leases and counts came to. Where there were none for some seconds it
 * commits something itself, which takes the locks of that work. An answer is good for a second, however many ask for it.
 */
export function createDurabilityProbe(settings: DurabilityProbeSettings): () => Promise<Durability> {
  const { now = monotonicClock.now } = settings;
  let answeredAt = Number.NEGATIVE_INFINITY;
  let answer: Promise<Durability> | undefined;
  return () => {
    if (answer !== undefined && now() - answeredAt < FRESH_MS) return answer;
    // Until it is there all who ask wait for the same one.
    answeredAt = Number.POSITIVE_INFINITY;
    answer = judge(settings).finally(() => {
      answeredAt = now();
    });
    return answer;
  };
}

async function judge(settings: DurabilityProbeSettings): Promise<Durability> {
  const { audit, rows, leases, quotas } = settings;
  if (settings.isConnected()) await Promise.all([probeRows(settings), probeLeases(settings)]);
  const isConnected = settings.isConnected();
  const isWritable = isConnected && audit.isAccepting && !audit.isJournaling && rows.verdict !== "failing";
  // Without a journal a slow disk is no reason to send all requests away: they may well be served.
  const isLate = rows.verdict === "late";
  const elsewhere = audit.isAccepting && audit.canJournal ? "journal" : "none";
  const isLeasing = ({ isOpen, watch }: CircuitBreaker) => !isOpen && !/^(failing|late)$/.test(watch.verdict);
  return {
    isStarted: audit.hasBegun,
    isConnected,
    audit: isWritable && !(isLate && audit.canJournal) ? "database" : elsewhere,
    hasBudgets: isWritable && !isLate && audit.isTakingIntents && isLeasing(leases) && isLeasing(quotas),
    journal: audit.journal,
  };
}

async function probeRows({ rows, pool, gateway }: DurabilityProbeSettings): Promise<void> {
  if (rows.verdict === "unknown") await rows.observe(() => commit(pool, gateway, "rows")).catch(() => {});
}

async function probeLeases(settings: DurabilityProbeSettings): Promise<void> {
  const { leases, quotas, leasePool, gateway } = settings;
  const probe = async (breaker: CircuitBreaker, what: "leases" | "counts") => {
    if (breaker.watch.verdict === "unknown")
      await breaker.run(() => commit(leasePool, gateway, what)).catch(() => {});
  };
  await Promise.all([probe(leases, "leases"), probe(quotas, "counts")]);
}

/** See `probe_commit` in `migrations/0014-probes-and-clock-steps.ts`. @throws also when it takes too long */
async function commit(pool: Pool, gateway: string, what: "rows" | "leases" | "counts"): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(reject, LIMIT_MS, new Error("no answer in time"));
  });
  const statement = { text: "SELECT probe_commit($1, $2)", values: [gateway, what], query_timeout: LIMIT_MS };
  try {
    await Promise.race([pool.query(statement), limit]);
  } catch (cause) {
    // Also for a lock that was not to be had, which is no more than a conflict to others.
    throw new Error("nothing was committed in time", { cause });
  } finally {
    clearTimeout(timer);
  }
}
