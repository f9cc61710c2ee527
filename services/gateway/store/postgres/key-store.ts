import { randomUUID } from "node:crypto";
import type { ClientBase, Pool } from "pg";
import type { Logger } from "pino";
import {
  AliasTakenError,
  type KeyChanges,
  type KeyCheck,
  type KeyRotation,
  type KeyStore,
  KeyTakenError,
  type NewVirtualKey,
  type VirtualKey,
} from "../key-store";
import { isUniqueViolation, toStoreError } from "./errors";
import { type ReplicatedRow, ReplicatedTable } from "./replicated-table";
import {
  type AuthorshipRow,
  type Columns,
  LIMIT_COLUMNS,
  type LimitsRow,
  setClause,
  toAuthorship,
  toLimits,
} from "./sql";

/** All keys in memory, Postgres behind. */
export class PostgresKeyStore implements KeyStore {
  /** For the link, which carries the changes of other replicas. */
  readonly table: ReplicatedTable<KeyRow>;
  readonly #index = new KeyIndex();

  constructor(pool: Pool, logger?: Pick<Logger, "warn">) {
    this.table = new ReplicatedTable({
      pool,
      name: "virtual_keys",
      idColumn: "key_id",
      logger,
      put: (row) => this.#index.put(toVirtualKey(row)),
      remove: (keyId) => this.#index.remove(keyId),
    });
  }

  get isReady(): boolean {
    return this.table.isReady;
  }

  findByHash(tokenHash: string): VirtualKey | undefined {
    return this.#index.findByHash(tokenHash);
  }

  findByAlias(alias: string): VirtualKey | undefined {
    return this.#index.findByAlias(alias);
  }

  findById(keyId: string): VirtualKey | undefined {
    return this.#index.findById(keyId);
  }

  all(): Iterable<VirtualKey> {
    return this.#index.all();
  }

  async create(key: NewVirtualKey): Promise<VirtualKey> {
    const [created] = await this.#change("key not created", [], key.keyAlias, async (client) => {
      await refuseRetired(client, key.tokenHash, key.keyName);
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
        key.budgetId,
      ]);
      return rows;
    });
    if (created === undefined) throw new Error("INSERT returned no row");
    return created;
  }

  async update(
    keyId: string,
    updatedBy: string,
    changes: KeyChanges,
    rotation?: KeyRotation,
    check?: KeyCheck,
  ): Promise<VirtualKey | undefined> {
    const alias = changes.keyAlias ?? null;
    const [updated] = await this.#change("key not changed", [keyId], alias, async (client) => {
      if (check !== undefined) await checkCurrentRow(client, keyId, check);
      if (rotation !== undefined) await rotateKey(client, keyId, rotation);
      const { assignments, values } = setClause(COLUMNS, changes, 3);
      const { rows } = await client.query<KeyRow>(
        `UPDATE virtual_keys
            SET updated_by = $2, updated_at = now(), version = nextval('virtual_keys_version')
                ${assignments === "" ? "" : `, ${assignments}`}
          WHERE key_id = $1 AND deleted_at IS NULL
        RETURNING *`,
        [keyId, updatedBy, ...values],
      );
      return rows;
    });
    return updated;
  }

  async delete(keyIds: readonly string[]): Promise<readonly VirtualKey[]> {
    return this.#change(
      "keys not deleted",
      keyIds,
      null,
      async (client) => (await client.query<KeyRow>(DELETE, [keyIds])).rows,
    );
  }

  async #change(
    failure: string,
    keyIds: readonly string[],
    alias: string | null,
    work: (client: ClientBase) => Promise<KeyRow[]>,
  ): Promise<readonly VirtualKey[]> {
    try {
      return (await this.table.change(keyIds, work)).map(toVirtualKey);
    } catch (error) {
      if (error instanceof KeyTakenError) throw error;
      if (error instanceof CheckFailure) throw error.cause;
      if (isUniqueViolation(error, "virtual_keys_alias")) throw new AliasTakenError(alias ?? "");
      if (isUniqueViolation(error, "virtual_keys_token_hash_key")) throw new KeyTakenError("");
      throw toStoreError(failure, error);
    }
  }
}

/** Tells what a check throws from what Postgres says. */
class CheckFailure extends Error {}

/** Asks `check` about the row itself: what is in memory may be older. Changes of keys run one at a time. */
async function checkCurrentRow(client: ClientBase, keyId: string, check: KeyCheck): Promise<void> {
  const { rows } = await client.query<KeyRow>(
    "SELECT * FROM virtual_keys WHERE key_id = $1 AND deleted_at IS NULL FOR UPDATE",
    [keyId],
  );
  try {
    for (const row of rows) check(toVirtualKey(row));
  } catch (cause) {
    throw new CheckFailure("not changed", { cause });
  }
}

const COLUMNS: Columns<KeyChanges> = {
  keyAlias: "key_alias",
  userId: "user_id",
  models: "models",
  metadata: "metadata",
  expiresAt: "expires_at",
  isBlocked: "is_blocked",
  budgetId: "budget_id",
  ...LIMIT_COLUMNS,
};

const INSERT = `
  INSERT INTO virtual_keys (
    key_id, token_hash, key_name, key_alias, user_id, models, metadata, expires_at, max_budget_nano_usd,
    budget_duration, rpm_limit, tpm_limit, max_parallel_requests, created_by, updated_by, budget_id, version
  ) VALUES (
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14, $15, nextval('virtual_keys_version')
  )
  RETURNING *`;

const DELETE = `
  UPDATE virtual_keys
     SET deleted_at = now(), updated_at = now(), version = nextval('virtual_keys_version')
   WHERE key_id = ANY($1::uuid[]) AND deleted_at IS NULL
  RETURNING *`;

/**
 * A secret that was used once is never taken again. Exact, because changes of keys run one at a time.
 * @throws KeyTakenError for the hash of a key that was replaced
 */
async function refuseRetired(client: ClientBase, tokenHash: string, keyName: string): Promise<void> {
  const { rowCount } = await client.query("SELECT 1 FROM retired_key_hashes WHERE token_hash = $1", [
    tokenHash,
  ]);
  if (rowCount !== 0) throw new KeyTakenError(keyName);
}

/** Gives a key a new secret; the former one works until its time. @throws KeyTakenError as `refuseRetired` does */
async function rotateKey(client: ClientBase, keyId: string, rotation: KeyRotation): Promise<void> {
  await refuseRetired(client, rotation.tokenHash, rotation.keyName);
  await client.query(
    `INSERT INTO retired_key_hashes (token_hash, key_id)
     SELECT token_hash, key_id FROM virtual_keys WHERE key_id = $1 AND deleted_at IS NULL`,
    [keyId],
  );
  await client.query(
    `UPDATE virtual_keys
        SET previous_token_hash = CASE WHEN $4::timestamptz IS NULL THEN NULL ELSE token_hash END,
            previous_valid_until = $4, token_hash = $2, key_name = $3
      WHERE key_id = $1 AND deleted_at IS NULL`,
    [keyId, rotation.tokenHash, rotation.keyName, rotation.previousValidUntil],
  );
}

/** A row of `virtual_keys`, as the driver returns it: bigint columns are strings. */
interface KeyRow extends ReplicatedRow, LimitsRow, AuthorshipRow {
  readonly key_id: string;
  readonly token_hash: string;
  readonly key_name: string;
  readonly key_alias: string | null;
  readonly user_id: string | null;
  readonly models: string[];
  readonly metadata: Record<string, unknown>;
  readonly expires_at: Date | null;
  readonly is_blocked: boolean;
  readonly budget_id: string | null;
  readonly previous_token_hash: string | null;
  readonly previous_valid_until: Date | null;
}

/** Database row → key. */
function toVirtualKey(row: KeyRow): VirtualKey {
  return {
    keyId: row.key_id,
    tokenHash: row.token_hash,
    keyName: row.key_name,
    keyAlias: row.key_alias,
    userId: row.user_id,
    models: row.models,
    metadata: row.metadata,
    expiresAt: row.expires_at,
    isBlocked: row.is_blocked,
    ...toLimits(row),
    ...toAuthorship(row),
    budgetId: row.budget_id,
    previousTokenHash: row.previous_token_hash,
    previousValidUntil: row.previous_valid_until,
  };
}

/** Keys by hash, alias and id. The three are changed together, here only. */
export class KeyIndex {
  readonly #byHash = new Map<string, VirtualKey>();
  readonly #byAlias = new Map<string, VirtualKey>();
  readonly #byId = new Map<string, VirtualKey>();

  get size(): number {
    return this.#byId.size;
  }

  findByHash(tokenHash: string): VirtualKey | undefined {
    return this.#byHash.get(tokenHash);
  }

  findByAlias(alias: string): VirtualKey | undefined {
    return this.#byAlias.get(alias);
  }

  findById(keyId: string): VirtualKey | undefined {
    return this.#byId.get(keyId);
  }

  all(): Iterable<VirtualKey> {
    return this.#byId.values();
  }

  /** Adds a key or takes the place of its former state. */
  put(key: VirtualKey): void {
    this.remove(key.keyId);
    this.#byId.set(key.keyId, key);
    this.#byHash.set(key.tokenHash, key);
    if (key.previousTokenHash !== null) this.#byHash.set(key.previousTokenHash, key);
    if (key.keyAlias !== null) this.#byAlias.set(key.keyAlias, key);
  }

  /** @returns what was removed */
  remove(keyId: string): VirtualKey | undefined {
    const key = this.#byId.get(keyId);
    if (key === undefined) return undefined;
    this.#byId.delete(keyId);
    this.#removeFrom(this.#byHash, key.tokenHash, keyId);
    this.#removeFrom(this.#byHash, key.previousTokenHash, keyId);
    this.#removeFrom(this.#byAlias, key.keyAlias, keyId);
    return key;
  }

  /** An alias, and after a restore also a hash, may belong to another key by now. */
  #removeFrom(index: Map<string, VirtualKey>, name: string | null, keyId: string): void {
    if (name !== null && index.get(name)?.keyId === keyId) index.delete(name);
  }
}
