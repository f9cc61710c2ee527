import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ask } from "../fleet/ask";
import { type Asking, KeepAsking } from "../fleet/keep-asking";
import { type FleetLoadResult, runFleetLoad } from "../fleet/run-fleet-load";
import { findWrongRows } from "../fleet/wrong-rows";
import type { BenchDatabase } from "../processes/database";
import type { GoTools } from "../processes/go-tools";
import type { FakeUpstream } from "../processes/upstream";
import { MASTER_KEY } from "../targets/gateway";
import type { YearData } from "./data-set";
import { YearFacts } from "./year-facts";
import { type YearSize, yearKey } from "./year-shape";

/** Requests a second of all gateways together, while nobody asks for much and while many use a key now and then. */
const RATE = 50;
const QUIET_RATE = 200;
const SECONDS = 30;
const BUSY_KEYS = 100;
const QUIET_KEYS = 3000;
/** Administrators, or their dashboards, who ask one report after the other, and how long each looks at one, in milliseconds. */
const CALLERS = 4;
const LOOK_MS = 250;

/** What the year costs requests. */
export interface YearLoads {
  readonly alone: FleetLoadResult;
  readonly withReports: FleetLoadResult;
  readonly reports: Asking;
  readonly masterKey: FleetLoadResult;
  readonly quiet: FleetLoadResult;
  readonly quietKeys: number;
  /** Of Postgres, for one request of a quiet key; what two idle gateways commit by themselves does not count. */
  readonly commitsPerRequest: number;
  /** Rows and costs that are not what clients and provider counted. */
  readonly wrong: readonly string[];
}

interface Fleet {
  readonly tools: GoTools;
  readonly upstream: FakeUpstream;
  readonly folder: string;
  readonly year: YearData;
  readonly ports: readonly number[];
}

export async function measureLoads(fleet: Fleet, say: (line: string) => void): Promise<YearLoads> {
  const { tools, upstream, folder, year, ports } = fleet;
  const { database, size } = year;
  await upstream.setProfile({
    delayMs: 20,
    chunks: 1,
    jsonChunks: 1,
    paceMs: 0,
    promptSha256: "",
    watchClose: false,
  });
  const [row] = await database.query<{ now: Date }>("SELECT clock_timestamp() AS now");
  const start = { at: row?.now ?? new Date(), stats: await upstream.stats() };
  const load = (name: string, keys: readonly string[], ratePerSecond: number, warmupSeconds: number) => {
    const keysFiles = ports.map((_, index) =>
      keysFile(
        folder,
        `${name}-${index}`,
        keys.length === 1 ? keys : keys.filter((_key, place) => place % ports.length === index),
      ),
    );
    const connections = Math.max(32, Math.ceil(keys.length / ports.length));
    return runFleetLoad(tools, {
      ports,
      ratePerSecond,
      seconds: SECONDS,
      warmupSeconds,
      connections,
      keysFiles,
      folder,
    });
  };
  const busy = budgetKeys(size, BUSY_KEYS, 0);

  say(`${RATE} requests a second, without reports`);
  const alone = await load("alone", busy, RATE, 10);
  say(`${RATE} requests a second, with ${CALLERS} callers who ask for reports`);
  const asking = new KeepAsking(CALLERS, reportsOf(new YearFacts(year), ports), LOOK_MS);
  const withReports = await load("reports", busy, RATE, 3);
  const reports = await asking.stop();

  say(`${QUIET_RATE} requests a second with the master key`);
  const masterKey = await load("master", [MASTER_KEY], QUIET_RATE, 3);
  const quietKeys = budgetKeys(size, QUIET_KEYS, 1);
  say(`${QUIET_RATE} requests a second with ${quietKeys.length.toLocaleString("en-US")} keys in turn`);
  // Every key has made its budgets before it counts.
  const warmup = Math.ceil((quietKeys.length / QUIET_RATE) * 1.2);
  await load("quiet", quietKeys, QUIET_RATE, warmup);
  const idle = await commitsOf(database, () => sleep(5000));
  const { commits, result: quiet } = await commitsOf(database, () => load("quiet", quietKeys, QUIET_RATE, 1));
  const idleCommits = (idle.commits / 5) * (SECONDS + 1);

  const wrong = await findWrongRows(database, upstream, start);
  for (const { failures } of [alone, withReports, masterKey, quiet]) wrong.push(...failures);
  return {
    alone,
    withReports,
    reports,
    masterKey,
    quiet,
    quietKeys: quietKeys.length,
    commitsPerRequest: (commits - idleCommits) / quiet.answers,
    wrong,
  };
}

/** Keys with every limit, spread over all. @param shift others for another shift */
function budgetKeys(size: YearSize, count: number, shift: number): string[] {
  const step = Math.max(2, 2 * Math.floor(size.keys / count / 2));
  const first = 2 * shift;
  return Array.from({ length: Math.min(count, Math.floor((size.keys - first) / step)) }, (_, index) =>
    yearKey(first + index * step),
  );
}

function keysFile(folder: string, name: string, keys: readonly string[]): string {
  const file = join(folder, `keys-${name}.txt`);
  writeFileSync(file, keys.join("\n"));
  return file;
}

/** What administrators look at. Each gateway is asked in turn. */
function reportsOf(facts: YearFacts, ports: readonly number[]): (() => Promise<void>)[] {
  const month = facts.lastDays(30);
  const year = facts.wholeYear;
  const paths = [
    "/global/spend",
    `/global/spend/report?group_by=user&start_date=${month.start}&end_date=${month.end}`,
    `/global/spend/report?group_by=model&start_date=${year.start}&end_date=${year.end}`,
    "/key/list?return_full_object=true&size=100",
    "/user/list?page_size=100",
    "/spend/logs?page=50&page_size=100",
    `/spend/logs?user_id=${facts.user(0)}&start_date=${year.start}&end_date=${year.end}`,
    `/spend/logs?start_date=${month.end}&end_date=${month.end}`,
    `/user/info?user_id=${facts.user(3)}`,
    `/spend/logs?api_key=${"0".repeat(64)}`,
  ];
  return paths.flatMap((path) =>
    ports.map((port) => async () => {
      const { status } = await ask(port, path);
      if (status !== 200) throw new Error(`${path}: status ${status}`);
    }),
  );
}

/** Transactions that Postgres committed meanwhile. Backends tell of theirs within a second. */
async function commitsOf<Result>(database: BenchDatabase, work: () => Promise<Result>) {
  const read = async () => {
    await sleep(1500);
    const [row] = await database.query<{ commits: string }>(
      "SELECT xact_commit AS commits FROM pg_stat_database WHERE datname = current_database()",
    );
    return Number(row?.commits);
  };
  const before = await read();
  const result = await work();
  return { result, commits: (await read()) - before };
}
