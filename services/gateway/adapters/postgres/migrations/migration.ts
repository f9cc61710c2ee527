/** One step of the schema. A released step is never edited; a change is a new step. */
export interface Migration {
  /** Grows from step to step. */
  readonly version: number;
  readonly name: string;
  /** Statements, run in one transaction. TypeScript strings, so that the service is one bundled file. */
  readonly sql: string;
}
