import { keysAndAudit } from "./0001-keys-and-audit";
import { ledger } from "./0002-ledger";
import { limits } from "./0003-limits";
import { management } from "./0004-management";
import { attemptsAndUsage } from "./0005-attempts-and-usage";
import { leaseSpend } from "./0007-lease-spend";

/** One step of the schema. A released step is never edited; a change is a new step. */
export interface Migration {
  /** Grows from step to step. */
  readonly version: number;
  readonly name: string;
  /** Statements, run in one transaction. TypeScript strings, so that the service is one bundled file. */
  readonly sql: string;
}

/** Every step, in order. */
export const migrations: readonly Migration[] = [
  keysAndAudit,
  ledger,
  limits,
  management,
  attemptsAndUsage,
  leaseSpend,
];
