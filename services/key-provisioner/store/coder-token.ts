import type { Encryption } from "../encryption";
import { recordEvent } from "./audit";
import { type Database, inTransaction } from "./database";

/** What the token is bound to when it is encrypted; no alias of a key is like it. */
const NAME = "the reader token for Coder";

/** The token by which the key-provisioner reads workspaces at Coder. The bootstrap hands it over; it is kept in the database, encrypted. */
export class CoderTokenStore {
  readonly #database: Database;
  readonly #encryption: Encryption;
  #known: string | undefined;
  /** Counts what made a known token stale: a read that began before must not bring it back. */
  #changes = 0;

  constructor(database: Database, encryption: Encryption) {
    this.#database = database;
    this.#encryption = encryption;
  }

  /** @returns `undefined`: there is none, or no encryption key that is known reads it @throws ProvisionerError 503 */
  async read(): Promise<string | undefined> {
    if (this.#known !== undefined) return this.#known;
    const changes = this.#changes;
    const token = await this.#database.use(async (connection) => {
      const { rows } = await connection.query<{ token: Buffer }>("SELECT token FROM coder_token");
      const stored = rows[0]?.token ?? null;
      const token = this.#encryption.decrypt(NAME, stored);
      if (token !== undefined && stored !== null && !this.#encryption.isCurrent(stored))
        await connection.query("UPDATE coder_token SET token = $1 WHERE token = $2", [
          this.#encryption.encrypt(NAME, token),
          stored,
        ]);
      return token;
    });
    if (changes === this.#changes) this.#known = token;
    return this.#known ?? token;
  }

  /** From now on this one is used. */
  async replace(token: string, requestId: string): Promise<void> {
    await this.#database.use((connection) =>
      inTransaction(connection, async () => {
        await connection.query(
          `INSERT INTO coder_token (token) VALUES ($1)
           ON CONFLICT (is_only) DO UPDATE SET token = excluded.token, set_at = now()`,
          [this.#encryption.encrypt(NAME, token)],
        );
        await recordEvent(connection, {
          action: "coder_token",
          outcome: "replaced",
          actor: "administrator",
          requestId,
        });
      }),
    );
    this.#changes += 1;
    this.#known = token;
  }

  /** The next read asks the database: the encryption key has changed, or another process was given another token. */
  forget(): void {
    this.#changes += 1;
    this.#known = undefined;
  }
}
