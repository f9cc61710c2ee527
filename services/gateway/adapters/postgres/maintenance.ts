import type { Client, ClientBase } from "pg";
import type { Logger } from "pino";
import { monotonicClock } from "../../ports/clock";
import { type DatabaseAddress, openClient } from "./address";
import { createBackgroundClient, liftTimeLimits } from "./background-client";
import type { LinkUser } from "./link";

/** Work on the tables that no request waits for. */
export interface MaintenanceTask {
  readonly isDue: boolean;
  /** One step. Afterwards it is due later, or at once when there is more. @throws what may be tried again */
  run(client: ClientBase): Promise<void>;
}

/** Settings of `Maintenance`. */
export interface MaintenanceSettings {
  readonly address: DatabaseAddress;
  readonly tasks: readonly MaintenanceTask[];
  readonly logger: Pick<Logger, "warn">;
  /** As `pg_stat_activity` calls its connection. @default gateway-maintenance */
  readonly application?: string;
  /** Whether a statement may take hours. @default false: none takes longer than a minute */
  readonly isUnlimited?: boolean;
}

/** Longest statement; its tasks have shorter limits of their own, in milliseconds. */
const QUERY_TIMEOUT_MS = 60_000;
/** After a failure of the connection, in milliseconds. */
const PAUSE_MS = 10_000;

/**
 * Does what is due on a connection of its own, opened for that: so it neither holds up what the link carries nor can it keep
 * the gateway from being connected, however long it takes and whatever comes of it.
 */
export class Maintenance implements LinkUser {
  readonly #settings: MaintenanceSettings;
  #client: Client | undefined;
  #pausedUntil = 0;

  constructor(settings: MaintenanceSettings) {
    this.#settings = settings;
  }

  onReady(): void {
    this.#pausedUntil = 0;
    this.#runWhenDue();
  }

  async onPoll(): Promise<void> {
    this.#runWhenDue();
  }

  /** Ends at once, in the middle of a statement if need be; every step is a transaction, or can be begun anew. */
  async stop(): Promise<void> {
    this.#pausedUntil = Number.POSITIVE_INFINITY;
    await this.#client?.end().catch(() => {});
  }

  #runWhenDue(): void {
    const isDue = this.#settings.tasks.some((task) => task.isDue);
    if (!isDue || this.#client !== undefined || monotonicClock.now() < this.#pausedUntil) return;
    void this.#run().catch((error: unknown) => {
      this.#pausedUntil = Math.max(this.#pausedUntil, monotonicClock.now() + PAUSE_MS);
      this.#settings.logger.warn({ err: error }, "maintenance of the database broke off, trying again");
    });
  }

  async #run(): Promise<void> {
    const { address, application = "gateway-maintenance", isUnlimited = false } = this.#settings;
    const client = createBackgroundClient({
      address,
      application,
      queryTimeoutMs: isUnlimited ? undefined : QUERY_TIMEOUT_MS,
    });
    this.#client = client;
    try {
      await openClient(client, address);
      if (isUnlimited) await liftTimeLimits(client);
      for (const task of this.#settings.tasks)
        while (task.isDue && monotonicClock.now() >= this.#pausedUntil) await task.run(client);
    } finally {
      await client.end().catch(() => {});
      this.#client = undefined;
    }
  }
}
