import type { Pool } from "pg";

/** How long an answer of the probe stays true, in milliseconds. */
const FRESH_MS = 1000;
/** A database that takes longer than this is away. */
const LIMIT_MS = 1000;

/** Asks Postgres for a sign of life: a real query, time-limited, at most one a second however often it is called. */
export function createDatabaseProbe(
  pool: Pool,
  now: () => number = () => performance.now(),
): () => Promise<boolean> {
  let askedAt = Number.NEGATIVE_INFINITY;
  let answer: Promise<boolean> = Promise.resolve(false);
  return () => {
    if (now() - askedAt >= FRESH_MS) {
      askedAt = now();
      answer = ask(pool);
    }
    return answer;
  };
}

async function ask(pool: Pool): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, LIMIT_MS, false);
  });
  const reply = pool.query("SELECT 1").then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([reply, limit]);
  } finally {
    clearTimeout(timer);
  }
}
