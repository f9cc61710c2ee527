import { Child } from "../../cli/local/child-process";
import { findFreePort } from "../../cli/local/port";
import { PROJECT_ROOT } from "../../cli/sluice-home";
import { bundle } from "../processes/bundle";
import { bindToCore } from "../processes/cores";
import { accepts } from "./accepts";
import type { Target } from "./target";

const PROGRAMS = { B: "fastify-proxy.ts", H: "http-proxy.ts" };

/** What a bare proxy needs. */
export interface BareProxyProps {
  readonly name: keyof typeof PROGRAMS;
  readonly upstreamUrl: string;
  readonly core: number | undefined;
  readonly logs: string;
}

/** Starts a bare proxy as a process of its own, as the gateway is one. */
export async function startBareProxy(props: BareProxyProps): Promise<Target> {
  const port = await findFreePort();
  const child = new Child({
    name: `proxy-${props.name}`,
    file: process.execPath,
    args: bundle(`bench/targets/${PROGRAMS[props.name]}`, props.logs),
    env: { PATH: process.env["PATH"], PORT: String(port), UPSTREAM: props.upstreamUrl },
    cwd: PROJECT_ROOT,
    logs: props.logs,
    watchesParent: true,
    isReady: () => accepts(port),
    stopSignals: [["SIGTERM", 5000]],
  });
  if (child.pid !== undefined) bindToCore(child.pid, props.core);
  await child.ready();
  return {
    name: props.name,
    port,
    pid: child.pid,
    stop: () => child.stop(true),
    restart: async () => {
      await child.stop(true);
      return startBareProxy(props);
    },
  };
}
