import { spawnSync } from "node:child_process";
import type { BenchDatabase } from "../processes/database";

/**
 * Makes Postgres forget what it has read, and the system as well where its `dd` can tell it to (Linux): what is asked next is read from the
 * disk, as after a night.
 */
export async function makeCold(database: BenchDatabase): Promise<void> {
  await database.query("CREATE EXTENSION IF NOT EXISTS pg_buffercache");
  await database.query("CHECKPOINT");
  await database.query("SELECT pg_buffercache_evict_all()");
  const forget = ["dd", "if={}", "iflag=nocache", "count=0", "status=none"];
  spawnSync("find", [database.dataDir, "-type", "f", "-size", "+512k", "-exec", ...forget, ";"], {
    stdio: "ignore",
  });
}
