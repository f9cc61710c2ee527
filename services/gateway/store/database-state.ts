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

/** Something that takes its time. */
export interface SchemaWork {
  /** For people: `0015 spend-daily`, `index audit_log_2026_01_by_key`, or whom is waited for. */
  readonly step: string;
  readonly since: Date;
}

/** How far the schema of the database is. */
export interface SchemaState {
  /** The newest step that was done. `undefined`: not known yet. Above `known`: of a newer gateway; this one refuses it. */
  readonly version: number | undefined;
  /** The newest step that this gateway has. */
  readonly known: number;
  /** What is being done before the gateway can be ready. */
  readonly migrating: SchemaWork | undefined;
  /** The index that this gateway builds while requests go on. */
  readonly building: SchemaWork | undefined;
}
