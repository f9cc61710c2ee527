import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ask } from "../fleet/ask";
import { type Asking, KeepAsking } from "../fleet/keep-asking";
import { type FleetLoadResult, runFleetLoad } from "../fleet/run-fleet-load";
import { findWrongBudgets } from "../fleet/wrong-budgets";
import { findWrongRows } from "../fleet/wrong-rows";
import type { BenchOptions } from "../options";
import { BenchDatabase, makeRunFolder } from "../processes/database";
import { buildGoTools } from "../processes/go-tools";
import { FakeUpstream } from "../processes/upstream";
import type { Stop } from "../start-laboratory";
import { MASTER_KEY, startGateway } from "../targets/gateway";
import { gatewayConfig } from "../targets/gateway-config";
import { loadKeys } from "../targets/gateway-keys";
import { ManagementApi } from "../targets/management-api";
import { administration } from "./administer";
import { type Look, Watch } from "./watch";

/** Requests a second of both gateways together. */
const JSON_RATE = 40;
const STREAM_RATE = 10;
/** Length of one load, in seconds: percentiles are of one. */
const WINDOW_SECONDS = 30;
const STREAM_CHUNKS = 40;
const STREAM_PACE_MS = 50;

/** What the soak saw. */
export interface SoakResult {
  readonly minutes: number;
  /** Requests without and with everything else, one entry for each window. */
  readonly alone: readonly FleetLoadResult[];
  readonly together: readonly FleetLoadResult[];
  readonly streams: readonly FleetLoadResult[];
  readonly reports: Asking;
  readonly changes: Asking;
  readonly looks: readonly Look[];
  /** Rows, costs and budgets that are not what clients and provider counted. */
  readonly wrong: readonly string[];
  readonly date: Date;
}

/**
 * Everything at once, for minutes: answers as JSON and as streams of keys with budgets, changes of keys and users, and reports.
 * @param stops gets how everything that was started is stopped, also when this throws
 */
export async function runSoak(
  { minutes, keys: keyCount }: BenchOptions,
  stops: Stop[],
  say: (line: string) => void,
): Promise<SoakResult> {
  const tools = buildGoTools();
  const folder = makeRunFolder();
  stops.push(() => rmSync(folder, { recursive: true, force: true }));
  const upstream = await FakeUpstream.start(tools.fakeUpstream, undefined);
  stops.push(() => upstream.stop());
  const database = await BenchDatabase.start(folder, undefined);
  stops.push(() => database.stop());
  const configFile = join(folder, "config.yaml");
  writeFileSync(configFile, gatewayConfig(upstream.url));
  const gateway = { databaseUrl: database.url, configFile, core: undefined, logs: folder };
  const gateways = [await startGateway(gateway), await startGateway(gateway)];
  for (const one of gateways) stops.push(() => one.stop());
  const ports = gateways.map(({ port }) => port);
  const keys = await loadKeys(
    new ManagementApi(`http://127.0.0.1:${ports[0]}`, MASTER_KEY),
    database,
    keyCount,
  );
  const keysFiles = ports.map((_, index) => {
    const file = join(folder, `keys-${index}.txt`);
    writeFileSync(file, keys.filter((_key, place) => place % ports.length === index).join("\n"));
    return file;
  });
  await upstream.setProfile({
    delayMs: 20,
    chunks: STREAM_CHUNKS,
    jsonChunks: 1,
    paceMs: STREAM_PACE_MS,
    promptSha256: "",
    watchClose: false,
  });
  const common = { ports, keysFiles, folder, seconds: WINDOW_SECONDS };
  const asJson = () => runFleetLoad(tools, { ...common, ratePerSecond: JSON_RATE, connections: 128 });
  const asStreams = () =>
    runFleetLoad(tools, {
      ...common,
      ratePerSecond: STREAM_RATE,
      connections: 128,
      isStream: true,
      chunks: STREAM_CHUNKS,
    });

  say("warming up");
  await Promise.all([asJson(), asStreams()]);
  const watch = new Watch(
    gateways.flatMap(({ pid }) => pid ?? []),
    database,
  );
  stops.push(() => watch.stop());
  const windows = Math.max(2, Math.ceil((minutes * 60) / WINDOW_SECONDS));
  const alone: FleetLoadResult[] = [];
  const together: FleetLoadResult[] = [];
  const streams: FleetLoadResult[] = [];
  for (let window = 0; window < Math.max(2, Math.floor(windows / 5)); window += 1) {
    say(`JSON and streams, window ${window + 1}`);
    const [json, stream] = await Promise.all([asJson(), asStreams()]);
    alone.push(json);
    streams.push(stream);
  }
  watch.start();
  const reports = new KeepAsking(3, reportsTo(ports), 250);
  const changes = new KeepAsking(2, administration(ports), 300);
  for (let window = 0; window < windows; window += 1) {
    const [json, stream] = await Promise.all([asJson(), asStreams()]);
    together.push(json);
    streams.push(stream);
    const look = watch.looks.at(-1);
    say(
      `everything, window ${window + 1} of ${windows}: p99 ${json.p99Ms.toFixed(1)} ms, ${look?.memoryMb.toFixed(0)} MB, ${look?.descriptors} descriptors, ${look?.deadRows} dead rows`,
    );
  }
  const [asked, changed] = [await reports.stop(), await changes.stop()];
  await watch.stop();
  say("comparing records");
  const wrong = [
    ...[...alone, ...together, ...streams].flatMap(({ failures }) => failures),
    ...(await findWrongBudgets(database)),
    ...(await findWrongRows(database, upstream)),
  ];
  return {
    minutes,
    alone,
    together,
    streams,
    reports: asked,
    changes: changed,
    looks: watch.looks,
    wrong,
    date: new Date(),
  };
}

/** What administrators look at all day. */
function reportsTo(ports: readonly number[]): (() => Promise<void>)[] {
  const day = new Date().toISOString().slice(0, 10);
  const paths = [
    "/global/spend",
    "/global/spend/report?group_by=user",
    "/global/spend/report?group_by=key&limit=1000",
    "/key/list?return_full_object=true&size=100",
    "/user/list?page_size=100",
    "/spend/logs?page_size=1000",
    "/spend/logs?page=10&page_size=1000",
    `/spend/logs?start_date=${day}&end_date=${day}`,
    "/user/info?user_id=user-7",
  ];
  return paths.flatMap((path) =>
    ports.map((port) => async () => {
      const { status } = await ask(port, path);
      if (status !== 200) throw new Error(`${path}: status ${status}`);
    }),
  );
}
