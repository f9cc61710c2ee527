import type { Client, Pool } from "pg";
import type { LinkUser } from "./link";

/** Longest message that Postgres takes, with a margin, in bytes. */
const MAX_BYTES = 7900;

/** Asks all gateways for what they hold and do not use; the message comes to this one too. One that is lost costs a refusal. */
export class Recalls implements LinkUser {
  readonly channel = "lease_recalls";
  readonly #listeners: ((of: readonly string[]) => void)[] = [];

  constructor(readonly pool: Pool) {}

  /** @param of what it is, such as an account and a period @throws the error of the database */
  async send(of: readonly string[]): Promise<void> {
    const message = JSON.stringify(of);
    if (Buffer.byteLength(message) > MAX_BYTES) return;
    await this.pool.query({
      name: "recall",
      text: "SELECT pg_notify($1, $2)",
      values: [this.channel, message],
    });
  }

  listen(listener: (of: readonly string[]) => void): void {
    this.#listeners.push(listener);
  }

  async onNotification(_client: Client, message: string): Promise<void> {
    const of: unknown = JSON.parse(message);
    if (!Array.isArray(of) || !of.every((part) => typeof part === "string")) return;
    for (const listener of this.#listeners) listener(of);
  }
}
