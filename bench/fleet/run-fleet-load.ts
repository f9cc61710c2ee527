import type { GoTools } from "../processes/go-tools";
import { type LoadOrder, type LoadResult, runLoad } from "../processes/load-client";
import { bodyFile } from "../requests/body-file";
import { PATHS, prepareRequest } from "../requests/prompt";

/** What is sent to all gateways together. */
export interface FleetLoad {
  readonly ports: readonly number[];
  /** Of all together. */
  readonly ratePerSecond: number;
  readonly seconds: number;
  readonly warmupSeconds?: number;
  readonly isStream?: boolean;
  /** Pieces of text of each answer. @default 1 */
  readonly chunks?: number;
  /** For each gateway; the same key has the same connection. */
  readonly connections: number;
  /** Files of keys, one for each gateway in turn. */
  readonly keysFiles: readonly string[];
  readonly folder: string;
}

/** What clients of all gateways saw together: the worse of each percentile, in milliseconds. */
export interface FleetLoadResult {
  readonly answers: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failures: readonly string[];
}

/** Sends requests to all gateways at a constant rate, whatever the answers do. */
export async function runFleetLoad(tools: GoTools, load: FleetLoad): Promise<FleetLoadResult> {
  const { body } = prepareRequest(load.isStream === true);
  const results = await Promise.all(
    load.ports.map((port, index) => runLoad(tools.load, undefined, orderFor(load, port, index, body))),
  );
  return {
    answers: results.reduce((sum, { answers }) => sum + answers, 0),
    p50Ms: worst(results, ({ latency }) => latency.p50),
    p99Ms: worst(results, ({ latency }) => latency.p99),
    failures: results.flatMap(({ failures }) =>
      Object.entries(failures).map(([kind, count]) => `${count} × ${kind}`),
    ),
  };
}

function orderFor(load: FleetLoad, port: number, index: number, body: string): LoadOrder {
  return {
    port,
    path: PATHS["chat-completions"],
    connections: load.connections,
    ratePerSecond: load.ratePerSecond / load.ports.length,
    warmupMs: (load.warmupSeconds ?? 1) * 1000,
    durationMs: load.seconds * 1000,
    isStream: load.isStream === true,
    chunks: load.chunks ?? 1,
    bodyFile: bodyFile(load.folder, body),
    keysFile: load.keysFiles[index % load.keysFiles.length] ?? "",
    abortAfter: 0,
    refusals: [],
    timeoutMs: 60_000,
  };
}

const worst = (results: readonly LoadResult[], read: (result: LoadResult) => number): number =>
  Math.max(...results.map(read)) / 1000;
