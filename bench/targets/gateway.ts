import { readFileSync } from "node:fs";
import path from "node:path";
import { Child } from "../../cli/local/child-process";
import { findFreePort } from "../../cli/local/port";
import { serviceChild } from "../../cli/local/service";
import { SUBORDINATION } from "../../services/gateway/enforcement/enforce";
import { bundle } from "../processes/bundle";
import { bindToCore } from "../processes/cores";
import type { GatewayBooks } from "./gateway-books";
import type { Target } from "./target";

/** Full rights over the gateway under test; it listens on the loopback address and lives as long as the run. */
export const MASTER_KEY = "sk-bench-master-key-0000";

const PROMPTS = path.join(__dirname, "../../prompts");
const NODE_OPTIONS = process.env["BENCH_NODE_OPTIONS"];

/** What a gateway process needs. */
export interface GatewayProps {
  readonly databaseUrl: string;
  readonly configFile: string;
  readonly core: number | undefined;
  readonly logs: string;
  /** Checks of what it records. @default - none */
  readonly books?: GatewayBooks;
  /** Beside what every gateway of the bench has. @default - nothing */
  readonly env?: Readonly<Record<string, string>>;
}

/** The gateway as it is really run, with everything on. */
export async function startGateway(props: GatewayProps): Promise<Target> {
  const { books } = props;
  const port = await findFreePort();
  const child = new Child({
    ...serviceChild({
      name: "gateway",
      port,
      env: {
        LITELLM_MASTER_KEY: MASTER_KEY,
        DATABASE_URL: props.databaseUrl,
        CONFIG_FILE: props.configFile,
        ANTHROPIC_API_KEY: "bench",
        PROMPTS_DIRECTORY: PROMPTS,
        ...props.env,
        // Such as --require of a profiler, to see where the processor's time goes.
        ...(NODE_OPTIONS === undefined ? {} : { NODE_OPTIONS }),
      },
      readyPath: "/health/readiness",
      logs: props.logs,
    }),
    args: bundle("services/gateway/server.ts", props.logs),
  });
  if (child.pid !== undefined) bindToCore(child.pid, props.core);
  await child.ready();
  return {
    name: "ours",
    port,
    pid: child.pid,
    addedTexts: [readFileSync(path.join(PROMPTS, "standard.md"), "utf8").trim(), SUBORDINATION],
    ...(books === undefined ? {} : { check: (expected) => books.check(expected) }),
    stop: () => child.stop(NODE_OPTIONS === undefined),
    restart: async () => {
      await child.stop();
      return startGateway(props);
    },
  };
}
