import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LoadOrder } from "../processes/load-client";
import { prepareRequest } from "../requests/prompt";
import type { CheckContext } from "./check";

/** The parts of an order that checks differ in. */
export type OrderParts = Pick<LoadOrder, "port" | "connections" | "durationMs"> & Partial<LoadOrder>;

/** An order for the load client that uses one key. */
export function orderWithKey({ laboratory }: CheckContext, key: string, parts: OrderParts): LoadOrder {
  const { isStream = false } = parts;
  const keysFile = join(laboratory.folder, `key-${key}.txt`);
  const bodyFile = join(laboratory.folder, `check-${isStream}.json`);
  writeFileSync(keysFile, key);
  writeFileSync(bodyFile, prepareRequest(isStream).body);
  return {
    path: "/v1/chat/completions",
    ratePerSecond: 0,
    warmupMs: 0,
    isStream,
    chunks: 1,
    bodyFile,
    keysFile,
    abortAfter: 0,
    refusals: [],
    timeoutMs: 30_000,
    ...parts,
  };
}
