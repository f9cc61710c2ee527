import { setTimeout as sleep } from "node:timers/promises";
import { percentile } from "../statistics/percentile";
import { MASTER_KEY } from "../targets/gateway";
import { MODEL } from "../targets/gateway-config";
import { ManagementApi } from "../targets/management-api";
import type { Check } from "./check";

const LIMIT_MS = 100;
/** Of a quick run, which may share its machine: it asks whether, not how fast. */
const QUICK_LIMIT_MS = 500;
/** How long a key is in use before it is blocked, in ms. */
const TRAFFIC_MS = 30;
/** A blocked key is tried this many times as long as it may be accepted. */
const WATCH = 3;

/** A key is blocked at one gateway while it is in use at both. */
export const revocation: Check = {
  goal: "G13",
  title: "key blocked at 1 of 2 gateways",
  async run({ gateways, isQuick }) {
    const [here, there] = gateways.map(
      ({ port }) => new ManagementApi(`http://127.0.0.1:${port}`, MASTER_KEY),
    ) as [ManagementApi, ManagementApi];
    const limitMs = isQuick ? QUICK_LIMIT_MS : LIMIT_MS;
    const delays: number[] = [];
    let tooLate = 0;
    for (let repetition = 0; repetition < (isQuick ? 5 : 100); repetition += 1) {
      const key = await here.generateKey({ models: [MODEL] });
      await there.untilKnown(key);
      const until = { at: Number.POSITIVE_INFINITY };
      const [lastHere, lastThere] = [lastAccepted(here, key, until), lastAccepted(there, key, until)];
      await sleep(TRAFFIC_MS);
      await here.blockKey(key);
      const acknowledged = performance.now();
      until.at = acknowledged + WATCH * limitMs;
      if ((await lastHere) > acknowledged) tooLate += 1;
      delays.push(Math.max(0, (await lastThere) - acknowledged));
    }
    const p99 = percentile(delays, 0.99) ?? Number.POSITIVE_INFINITY;
    return {
      found: `other gateway: ${p99.toFixed(1)} ms (p99); same gateway: ${tooLate} accepted after the acknowledgement`,
      wanted: `≤ ${limitMs} ms; 0`,
      isReached: p99 <= limitMs && tooLate === 0,
    };
  },
};

/** Tries a key again and again. @returns when the last accepted request was sent, in ms of `performance.now()` */
async function lastAccepted(
  api: ManagementApi,
  key: string,
  until: { readonly at: number },
): Promise<number> {
  let last = 0;
  for (let sent = performance.now(); sent < until.at; sent = performance.now()) {
    if (await api.isAccepted(key)) last = sent;
  }
  if (last === 0) throw new Error("the key was not accepted before it was blocked");
  return last;
}
