import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findWrongBudgets } from "../fleet/wrong-budgets";
import type { BenchOptions } from "../options";
import { makeRunFolder } from "../processes/database";
import { buildGoTools } from "../processes/go-tools";
import { FakeUpstream } from "../processes/upstream";
import type { Stop } from "../start-laboratory";
import { startGateway } from "../targets/gateway";
import { gatewayConfig } from "../targets/gateway-config";
import { openYear } from "./data-set";
import { measureLoads, type YearLoads } from "./measure-loads";
import { questionsAbout } from "./questions";
import { type TimedQuestion, timeQuestions } from "./time-questions";
import { YearFacts } from "./year-facts";
import type { YearSize } from "./year-shape";

/** Everything that a year of data was asked. */
export interface YearResult {
  readonly size: YearSize;
  readonly bytes: number;
  readonly madeInSeconds: number | undefined;
  /** From the start of a gateway to its first answer that it is ready, in milliseconds. */
  readonly startMs: number;
  readonly questions: readonly TimedQuestion[];
  readonly loads: YearLoads;
  /** Budgets that are not the sum of their rows. */
  readonly wrong: readonly string[];
  readonly date: Date;
}

/** @param stops gets how everything that was started is stopped, also when this throws */
export async function runYear(
  options: BenchOptions,
  stops: Stop[],
  say: (line: string) => void,
): Promise<YearResult> {
  const tools = buildGoTools();
  const folder = makeRunFolder();
  stops.push(() => rmSync(folder, { recursive: true, force: true }));
  const upstream = await FakeUpstream.start(tools.fakeUpstream, undefined);
  stops.push(() => upstream.stop());
  const configFile = join(folder, "config.yaml");
  writeFileSync(configFile, gatewayConfig(upstream.url));
  const gatewayAt = (databaseUrl: string) =>
    startGateway({ databaseUrl, configFile, core: undefined, logs: folder });
  const year = await openYear(
    { rows: options.rows, keys: options.keys },
    folder,
    async (database) => (await gatewayAt(database.url)).stop(),
    say,
  );
  const { database, size, madeInSeconds } = year;
  stops.push(() => database.stop(true));
  say("starting two gateways");
  const began = performance.now();
  const first = await gatewayAt(database.url);
  const startMs = performance.now() - began;
  stops.push(() => first.stop());
  const second = await gatewayAt(database.url);
  stops.push(() => second.stop());
  const facts = new YearFacts(year);
  say("asking");
  const questions = await timeQuestions(await questionsAbout(facts), first.port, database, say);
  const loads = await measureLoads({ tools, upstream, folder, year, ports: [first.port, second.port] }, say);
  say("comparing budgets with their rows");
  const wrong = await findWrongBudgets(database);
  const [row] = await database.query<{ bytes: string }>(
    "SELECT pg_database_size(current_database()) AS bytes",
  );
  return {
    size,
    bytes: Number(row?.bytes),
    madeInSeconds,
    startMs,
    questions,
    loads,
    wrong,
    date: new Date(),
  };
}
