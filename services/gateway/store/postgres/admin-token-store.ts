import { randomUUID } from "node:crypto";
import type { Pool } from "pg";
import type { Logger } from "pino";
import {
  type AdminRole,
  type AdminToken,
  type AdminTokenStore,
  type NewAdminToken,
  TokenNameTakenError,
} from "../admin-token-store";
import { isUniqueViolation, toStoreError } from "./errors";
import { ReplicatedTable } from "./replicated-table";

interface AdminTokenRow {
  readonly token_id: string;
  readonly token_hash: string;
  readonly token_name: string;
  readonly name: string;
  readonly role: AdminRole;
  readonly expires_at: Date | null;
  readonly created_at: Date;
  readonly created_by: string;
  readonly deleted_at: Date | null;
  readonly version: string;
}

/** All admin tokens in memory, Postgres behind. */
export class PostgresAdminTokenStore implements AdminTokenStore {
  /** For the link, which carries the changes of other replicas. */
  readonly table: ReplicatedTable<AdminTokenRow>;
  readonly #byId = new Map<string, AdminToken>();
  readonly #byHash = new Map<string, AdminToken>();

  constructor(pool: Pool, logger?: Pick<Logger, "warn">) {
    this.table = new ReplicatedTable({
      pool,
      name: "admin_tokens",
      idColumn: "token_id",
      logger,
      put: (row) => this.#put(toAdminToken(row)),
      remove: (tokenId) => this.#remove(tokenId),
    });
  }

  get isReady(): boolean {
    return this.table.isReady;
  }

  findByHash(tokenHash: string): AdminToken | undefined {
    return this.#byHash.get(tokenHash);
  }

  findByName(name: string): AdminToken | undefined {
    return [...this.#byId.values()].find((token) => token.name === name);
  }

  all(): Iterable<AdminToken> {
    return this.#byId.values();
  }

  async create(token: NewAdminToken): Promise<AdminToken> {
    try {
      const [row] = await this.table.change(
        [],
        async (client) =>
          (
            await client.query<AdminTokenRow>(
              `INSERT INTO admin_tokens
                 (token_id, token_hash, token_name, name, role, expires_at, created_by, version)
               VALUES ($1, $2, $3, $4, $5, $6, $7, nextval('admin_tokens_version')) RETURNING *`,
              [
                randomUUID(),
                token.tokenHash,
                token.tokenName,
                token.name,
                token.role,
                token.expiresAt,
                token.createdBy,
              ],
            )
          ).rows,
      );
      if (row === undefined) throw new Error("INSERT returned no row");
      return toAdminToken(row);
    } catch (error) {
      if (isUniqueViolation(error, "admin_tokens_by_name")) throw new TokenNameTakenError(token.name);
      throw toStoreError("admin token not created", error);
    }
  }

  async delete(tokenId: string): Promise<boolean> {
    try {
      const rows = await this.table.change(
        [tokenId],
        async (client) =>
          (
            await client.query<AdminTokenRow>(
              `UPDATE admin_tokens SET deleted_at = now(), version = nextval('admin_tokens_version')
                WHERE token_id = $1 AND deleted_at IS NULL RETURNING *`,
              [tokenId],
            )
          ).rows,
      );
      return rows.length > 0;
    } catch (error) {
      throw toStoreError("admin token not deleted", error);
    }
  }

  #put(token: AdminToken): void {
    this.#remove(token.tokenId);
    this.#byId.set(token.tokenId, token);
    this.#byHash.set(token.tokenHash, token);
  }

  #remove(tokenId: string): void {
    const token = this.#byId.get(tokenId);
    if (token === undefined) return;
    this.#byId.delete(tokenId);
    // After a restore the same secret may belong to another row already.
    if (this.#byHash.get(token.tokenHash)?.tokenId === tokenId) this.#byHash.delete(token.tokenHash);
  }
}

function toAdminToken(row: AdminTokenRow): AdminToken {
  return {
    tokenId: row.token_id,
    tokenHash: row.token_hash,
    tokenName: row.token_name,
    name: row.name,
    role: row.role,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
    createdBy: row.created_by,
  };
}
