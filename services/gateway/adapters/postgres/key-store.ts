import { randomUUID } from "node:crypto";
import type { ClientBase, Pool } from "pg";
import {
  AliasTakenError,
  type KeyStore,
  KeyTakenError,
  type NewVirtualKey,
  StoreUnavailableError,
  type VirtualKey,
} from "../../ports/key-store";
import { KeyIndex } from "../key-index";
import { isUniqueViolation } from "./error-class";
import { type KeyRow, toVirtualKey } from "./key-row";
import type { LinkUser } from "./link";

const CHANNEL = "virtual_keys";
/** Changes of keys are rare; one at a time means that versions become visible in the order of their numbers. */
const CHANGE_LOCK = 7_205_315;

/**
 * All keys in memory, Postgres behind. A change here is seen at once; a change by another replica arrives by
 * NOTIFY, or by the poll when the message was lost. When Postgres is away, the keys last known stay in force.
 */
export class PostgresKeyStore implements KeyStore, LinkUser {
  readonly channel = CHANNEL;
  readonly #index = new KeyIndex();
  /** Versions of this process's own changes that the reading of changes has not passed yet. */
  readonly #own = new Map<string, number>();
  #version = 0;
  #isReady = false;

  constructor(readonly pool: Pool) {}

  get isReady(): boolean {
    return this.#isReady;
  }

  findByHash(tokenHash: string): VirtualKey | undefined {
    return this.#index.findByHash(tokenHash);
  }

  findByAlias(alias: string): VirtualKey | undefined {
    return this.#index.findByAlias(alias);
  }

  async create(key: NewVirtualKey): Promise<VirtualKey> {
    try {
      const row = await this.#change(async (client) => {
        const { rows } = await client.query<KeyRow>(INSERT, [
          randomUUID(),
          key.tokenHash,
          key.keyName,
          key.keyAlias,
          key.userId,
          key.models,
          JSON.stringify(key.metadata),
          key.expiresAt,
          key.maxBudgetNanoUsd,
          key.budgetDuration,
          key.rpmLimit,
          key.tpmLimit,
          key.maxParallelRequests,
          key.createdBy,
        ]);
        return rows;
      });
      const [created] = row;
      if (created === undefined) throw new Error("INSERT returned no row");
      return toVirtualKey(created);
    } catch (error) {
      if (isUniqueViolation(error, "virtual_keys_alias")) throw new AliasTakenError(key.keyAlias ?? "");
      if (isUniqueViolation(error, "virtual_keys_token_hash_key")) throw new KeyTakenError(key.keyName);
      throw new StoreUnavailableError("key not created", { cause: error });
    }
  }

  async delete(keyIds: readonly string[]): Promise<readonly VirtualKey[]> {
    try {
      const rows = await this.#change(async (client) => (await client.query<KeyRow>(DELETE, [keyIds])).rows);
      return rows.map(toVirtualKey);
    } catch (error) {
      throw new StoreUnavailableError("keys not deleted", { cause: error });
    }
  }

  async onConnect(client: ClientBase): Promise<void> {
    await this.#catchUp(client);
    this.#isReady = true;
  }

  onPoll(client: ClientBase): Promise<void> {
    return this.#catchUp(client);
  }

  onNotification(client: ClientBase): Promise<void> {
    return this.#catchUp(client);
  }

  async #change(work: (client: ClientBase) => Promise<KeyRow[]>): Promise<KeyRow[]> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    try {
      await client.query("BEGIN");
      await client.query("SELECT pg_advisory_xact_lock($1)", [CHANGE_LOCK]);
      const rows = await work(client);
      await client.query(`NOTIFY ${CHANNEL}`);
      await client.query("COMMIT");
      for (const row of rows) {
        this.#own.set(row.key_id, Number(row.version));
        this.#apply(row);
      }
      return rows;
    } catch (error) {
      await client.query("ROLLBACK").catch((failure: Error) => {
        broken = failure;
      });
      throw error;
    } finally {
      client.release(broken);
    }
  }

  /** Reads what is newer than what is known; at the start that is everything. */
  async #catchUp(client: ClientBase): Promise<void> {
    const { rows } = await client.query<KeyRow>(
      "SELECT * FROM virtual_keys WHERE version > $1 ORDER BY version",
      [this.#version],
    );
    for (const row of rows) {
      this.#version = Number(row.version);
      // An answer that was on its way while a key was deleted here must not bring the key back.
      if (this.#version >= (this.#own.get(row.key_id) ?? 0)) {
        this.#own.delete(row.key_id);
        this.#apply(row);
      }
    }
  }

  #apply(row: KeyRow): void {
    if (row.deleted_at === null) this.#index.put(toVirtualKey(row));
    else this.#index.remove(row.key_id);
  }
}

const INSERT = `
  INSERT INTO virtual_keys (
    key_id, token_hash, key_name, key_alias, user_id, models, metadata, expires_at, max_budget_nano_usd,
    budget_duration, rpm_limit, tpm_limit, max_parallel_requests, created_by, version
  ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, nextval('virtual_keys_version'))
  RETURNING *`;

const DELETE = `
  UPDATE virtual_keys
     SET deleted_at = now(), updated_at = now(), version = nextval('virtual_keys_version')
   WHERE key_id = ANY($1::uuid[]) AND deleted_at IS NULL
  RETURNING *`;
