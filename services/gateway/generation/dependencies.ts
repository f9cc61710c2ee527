import type { LevelSource } from "../enforcement/levels";
import type { PromptSource } from "../enforcement/policy";
import type { Finding } from "../guardrails/find";
import type { Screening, ScreeningSettings } from "../guardrails/screening";
import type { Ledger } from "../money/ledger/ledger";
import type { ModelCatalog } from "../providers/deployment";
import type { FailoverDependencies } from "../providers/failover";
import type { InFlight } from "../providers/in-flight";
import type { LargeBodies } from "./read-request";

/** What generating needs of the process. */
export interface GenerationDependencies {
  readonly catalog: ModelCatalog;
  readonly ledger: Ledger;
  readonly failover: FailoverDependencies;
  readonly inFlight: InFlight;
  readonly levels: LevelSource;
  readonly prompts: PromptSource;
  readonly guardrails: Guardrails;
  readonly largeBodies: LargeBodies;
}

/** What is looked for in requests, and who counts what was found. */
export interface Guardrails {
  /** Of the configuration in force. */
  readonly settings: () => ScreeningSettings;
  readonly onFindings: (action: Screening["action"], findings: readonly Finding[]) => void;
}
