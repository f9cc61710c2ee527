import { runLoad } from "../processes/load-client";
import { busiestWindow } from "../statistics/busiest-window";
import { MASTER_KEY } from "../targets/gateway";
import { MODEL } from "../targets/gateway-config";
import { ManagementApi } from "../targets/management-api";
import type { Check } from "./check";
import { orderWithKey } from "./order";

const RPM = 300;
const MINUTE_NS = 60e9;

/** Floods two gateways with one key. What counts is what reaches the upstream, in any minute. */
export const requestLimit: Check = {
  goal: "G10",
  title: `key of ${RPM} requests a minute, 2 gateways`,
  async run(context) {
    const { laboratory, gateways, isQuick } = context;
    const { upstream, tools, cores } = laboratory;
    const seconds = isQuick ? 3 : 130;
    const api = new ManagementApi(`http://127.0.0.1:${gateways[0].port}`, MASTER_KEY);
    const key = await api.generateKey({ models: [MODEL], rpm_limit: RPM });
    await new ManagementApi(`http://127.0.0.1:${gateways[1].port}`, MASTER_KEY).untilKnown(key);
    await upstream.setProfile({
      delayMs: 0,
      chunks: 1,
      jsonChunks: 1,
      paceMs: 0,
      promptSha256: "",
      watchClose: true,
    });
    await upstream.takeLog();
    const results = await Promise.all(
      gateways.map(({ port }) =>
        runLoad(
          tools.load,
          cores?.load,
          orderWithKey(context, key, { port, connections: 16, durationMs: seconds * 1000, refusals: [429] }),
        ),
      ),
    );
    const failures = results.flatMap(({ failures }) => Object.keys(failures));
    if (failures.length > 0) throw new Error(failures.slice(0, 5).join("; "));
    const { arrivals } = await upstream.takeLog();
    const most = busiestWindow(arrivals, MINUTE_NS);
    const refused = results.reduce((sum, { statuses }) => sum + (statuses["429"] ?? 0), 0);
    return {
      found: `${most} in the busiest minute, ${refused.toLocaleString("en-US")} refused in ${seconds} s`,
      wanted: `≤ ${RPM}, and some`,
      isReached: most <= RPM && most > 0 && refused > 0,
    };
  },
};
