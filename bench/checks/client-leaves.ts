import { setTimeout as sleep } from "node:timers/promises";
import { runLoad } from "../processes/load-client";
import { percentile } from "../statistics/percentile";
import { MASTER_KEY } from "../targets/gateway";
import { MODEL } from "../targets/gateway-config";
import { ManagementApi } from "../targets/management-api";
import type { Check } from "./check";
import { orderWithKey } from "./order";

const LIMIT_MS = 50;
/** Of a quick run, which may share its machine: it asks whether, not how fast. */
const QUICK_LIMIT_MS = 900;
/** For the last rows and the last closed connections, in ms. */
const SETTLE_MS = 1000;

/** Clients leave in the middle of streams: the connection to the upstream ends too, and each has its audit row. */
export const clientLeaves: Check = {
  goal: "G12",
  title: "client leaves after 1 to 20 of 50 chunks",
  async run(context) {
    const { laboratory, gateways, isQuick } = context;
    const { upstream, tools, cores, database } = laboratory;
    const limitMs = isQuick ? QUICK_LIMIT_MS : LIMIT_MS;
    const { port } = gateways[0];
    const key = await new ManagementApi(`http://127.0.0.1:${port}`, MASTER_KEY).generateKey({
      models: [MODEL],
      key_alias: "client-leaves",
      max_budget: 1000,
    });
    await upstream.setProfile({
      delayMs: 0,
      chunks: 50,
      jsonChunks: 1,
      paceMs: 10,
      promptSha256: "",
      watchClose: true,
    });
    await upstream.takeLog();
    const { aborts, failures } = await runLoad(
      tools.load,
      cores?.load,
      orderWithKey(context, key, {
        port,
        connections: 20,
        durationMs: isQuick ? 1000 : 5000,
        isStream: true,
        chunks: 50,
        abortAfter: 20,
      }),
    );
    const kinds = Object.keys(failures);
    if (kinds.length > 0) throw new Error(kinds.slice(0, 5).join("; "));
    await sleep(SETTLE_MS);
    const { closes } = await upstream.takeLog();
    const delays = aborts.map(
      ({ stream, atNs }) => ((closes[stream] ?? Number.POSITIVE_INFINITY) - atNs) / 1e6,
    );
    const [row] = await database.query<{ rows: string }>(
      "SELECT count(*) AS rows FROM audit_log WHERE key_alias = 'client-leaves'",
    );
    const p99 = percentile(delays, 0.99) ?? Number.POSITIVE_INFINITY;
    const rows = Number(row?.rows);
    return {
      found: `upstream closed after ${p99.toFixed(1)} ms (p99); ${rows} audit rows of ${aborts.length} streams`,
      wanted: `≤ ${limitMs} ms; one row each`,
      isReached: p99 <= limitMs && rows === aborts.length,
    };
  },
};
