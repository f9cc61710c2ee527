import type { LevelSource } from "../enforcement/levels";
import type { PromptSource } from "../enforcement/prompt";
import type { Ledger } from "../ledger/ledger";
import type { ModelCatalog } from "../routing/deployment";
import type { InFlight } from "../upstream/in-flight";
import type { FailoverTools } from "../upstream/open-with-failover";
import type { LargeBodies } from "./large-bodies";
import type { Guardrails } from "./screening-of-caller";

/** What generating needs of the process. */
export interface GenerationTools {
  readonly catalog: ModelCatalog;
  readonly ledger: Ledger;
  readonly failover: FailoverTools;
  readonly inFlight: InFlight;
  readonly levels: LevelSource;
  readonly prompts: PromptSource;
  readonly guardrails: Guardrails;
  readonly largeBodies: LargeBodies;
}
