import type { Client, ClientBase } from "pg";
import type { Logger } from "pino";
import type { SchemaState, SchemaWork } from "../../ports/schema-state";
import { type DatabaseAddress, openClient } from "./address";
import { BackendWatch } from "./backend-watch";
import { createBackgroundClient, liftTimeLimits } from "./background-client";
import type { LinkUser } from "./link";
import { lookAtSchema, migrate, SchemaTooNewError } from "./migrate";
import { migrations as allMigrations } from "./migrations";
import type { Migration } from "./migrations/migration";

/** Settings of `Schema`. */
export interface SchemaSettings {
  readonly address: DatabaseAddress;
  readonly logger: Pick<Logger, "info" | "warn">;
  /** @default - all */
  readonly migrations?: readonly Migration[];
  /** Between two words about a step that takes long. @default 10000 ms */
  readonly tellMs?: number;
}

/**
 * Brings the schema up to date before the link counts as connected: on a connection of its own, which has all the time it needs. The link
 * may be lost and come back meanwhile; the work goes on.
 */
export class Schema implements LinkUser {
  readonly #settings: Required<SchemaSettings>;
  #version: number | undefined;
  #migrating: SchemaWork | undefined;
  #client: Client | undefined;
  #running: Promise<void> | undefined;
  #isStopped = false;

  constructor(settings: SchemaSettings) {
    this.#settings = { migrations: allMigrations, tellMs: 10_000, ...settings };
  }

  get state(): Omit<SchemaState, "building"> {
    const known = this.#settings.migrations.at(-1)?.version ?? 0;
    return { version: this.#version, known, migrating: this.#migrating };
  }

  /** @throws SchemaTooNewError, MigrationFailedError */
  async onConnect(client: ClientBase): Promise<void> {
    try {
      const { version, missing } = await lookAtSchema(client, this.#settings.migrations);
      this.#version = version;
      if (missing.length === 0) return;
      this.#running ??= this.#migrate().finally(() => {
        this.#running = undefined;
      });
      await this.#running;
    } catch (error) {
      if (error instanceof SchemaTooNewError) this.#version = error.found;
      throw error;
    }
  }

  /** Ends at once, in the middle of a step if need be: nothing of it is there then. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#client?.end().catch(() => {});
  }

  async #migrate(): Promise<void> {
    const { address, logger, migrations, tellMs } = this.#settings;
    if (this.#isStopped) throw new Error("the gateway ends");
    const client = createBackgroundClient({ address, application: "gateway-migration" });
    this.#client = client;
    let watch: BackendWatch | undefined;
    try {
      await openClient(client, address);
      await liftTimeLimits(client);
      watch = await BackendWatch.start(client, {
        address,
        work: () => this.#migrating,
        logger,
        message: "still migrating the database schema",
        intervalMs: tellMs,
      });
      const versions = await migrate(client, migrations, {
        logger,
        onStep: (step) => {
          if (this.#migrating?.step !== step) this.#migrating = { step, since: new Date() };
        },
        onVersion: (version) => {
          this.#version = version;
        },
      });
      if (versions.length > 0) logger.info({ versions }, "database schema migrated");
    } finally {
      watch?.stop();
      this.#migrating = undefined;
      this.#client = undefined;
      await client.end().catch(() => {});
    }
  }
}
