import type { Cores } from "../processes/cores";
import type { BenchDatabase } from "../processes/database";
import type { GoTools } from "../processes/go-tools";
import type { FakeUpstream } from "../processes/upstream";
import type { GatewayProps } from "../targets/gateway";

/** What all measurements of a run share. */
export interface Laboratory {
  readonly tools: GoTools;
  readonly cores: Cores | undefined;
  readonly upstream: FakeUpstream;
  readonly database: BenchDatabase;
  readonly gateway: GatewayProps;
  /** Folder of this run; removed at its end. */
  readonly folder: string;
  /** Keys of the load, one a line. */
  readonly keysFile: string;
}
