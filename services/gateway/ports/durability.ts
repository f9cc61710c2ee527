/** What could be made durable for a new request. */
export interface Durability {
  /** Whether the schema and the keys were there since the process began: before that nothing is served. */
  readonly isStarted: boolean;
  /** Whether Postgres answers, its schema is known and the keys are up to date. */
  readonly isConnected: boolean;
  /** Where an audit row would go; `none`: nothing is accepted. */
  readonly audit: "database" | "journal" | "none";
  /** Whether requests that need a budget, or counts of a limit, are served. */
  readonly hasBudgets: boolean;
  /** Of the rows that wait on the disk, in bytes. `undefined`: there is no journal. */
  readonly journal: { readonly bytes: number; readonly maxBytes: number } | undefined;
}
