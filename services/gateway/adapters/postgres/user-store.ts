import type { ClientBase, Pool } from "pg";
import { StoreUnavailableError } from "../../ports/key-store";
import { type User, type UserFields, type UserStore, UserTakenError } from "../../ports/user-store";
import { isUniqueViolation } from "./error-class";
import { toNumber } from "./key-row";
import { ReplicatedTable } from "./replicated-table";
import { type Columns, setClause } from "./set-clause";

interface UserRow {
  readonly user_id: string;
  readonly user_email: string | null;
  readonly user_alias: string | null;
  readonly user_role: string | null;
  readonly models: string[];
  readonly metadata: Record<string, unknown>;
  readonly max_budget_nano_usd: string | null;
  readonly budget_duration: string | null;
  readonly budget_id: string | null;
  readonly rpm_limit: string | null;
  readonly tpm_limit: string | null;
  readonly max_parallel_requests: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly created_by: string;
  readonly updated_by: string;
  readonly deleted_at: Date | null;
  readonly version: string;
}

/** All users in memory, Postgres behind. */
export class PostgresUserStore implements UserStore {
  /** For the link, which carries the changes of other replicas. */
  readonly table: ReplicatedTable<UserRow>;
  readonly #users = new Map<string, User>();

  constructor(pool: Pool) {
    this.table = new ReplicatedTable({
      pool,
      name: "users",
      idOf: (row) => row.user_id,
      apply: (row) => {
        if (row.deleted_at === null) this.#users.set(row.user_id, toUser(row));
        else this.#users.delete(row.user_id);
      },
    });
  }

  get isReady(): boolean {
    return this.table.isReady;
  }

  findById(userId: string): User | undefined {
    return this.#users.get(userId);
  }

  findByEmail(email: string): User | undefined {
    const wanted = email.toLowerCase();
    return [...this.#users.values()].find((user) => user.userEmail?.toLowerCase() === wanted);
  }

  all(): Iterable<User> {
    return this.#users.values();
  }

  async create(userId: string, createdBy: string, fields: UserFields): Promise<User> {
    const created = await this.#change(async (client) => {
      const { rows } = await client.query("SELECT 1 FROM users WHERE user_id = $1 AND deleted_at IS NULL", [
        userId,
      ]);
      if (rows.length > 0) throw new UserTakenError(`id ${userId}`);
      return write(client, userId, createdBy, fields);
    });
    return created;
  }

  upsert(userId: string, changedBy: string, fields: UserFields): Promise<User> {
    return this.#change((client) => write(client, userId, changedBy, fields));
  }

  async delete(userIds: readonly string[]): Promise<readonly User[]> {
    try {
      const rows = await this.table.change(
        async (client) =>
          (
            await client.query<UserRow>(
              `UPDATE users SET deleted_at = now(), updated_at = now(), version = nextval('users_version')
                WHERE user_id = ANY($1::text[]) AND deleted_at IS NULL RETURNING *`,
              [userIds],
            )
          ).rows,
      );
      return rows.map(toUser);
    } catch (error) {
      throw new StoreUnavailableError("users not deleted", { cause: error });
    }
  }

  async #change(work: (client: ClientBase) => Promise<UserRow[]>): Promise<User> {
    try {
      const [row] = await this.table.change(work);
      if (row === undefined) throw new Error("no row came back");
      return toUser(row);
    } catch (error) {
      if (error instanceof UserTakenError) throw error;
      if (isUniqueViolation(error, "users_email")) throw new UserTakenError("email");
      throw new StoreUnavailableError("user not changed", { cause: error });
    }
  }
}

/** Makes the row when there is none, empties it when it is that of a deleted user, then sets the fields. */
async function write(
  client: ClientBase,
  userId: string,
  changedBy: string,
  fields: UserFields,
): Promise<UserRow[]> {
  await client.query("DELETE FROM users WHERE user_id = $1 AND deleted_at IS NOT NULL", [userId]);
  await client.query(
    `INSERT INTO users (user_id, created_by, updated_by, version) VALUES ($1, $2, $2, 0)
     ON CONFLICT (user_id) DO NOTHING`,
    [userId, changedBy],
  );
  const { assignments, values } = setClause(COLUMNS, fields, 3);
  const { rows } = await client.query<UserRow>(
    `UPDATE users
        SET updated_by = $2, updated_at = now(), version = nextval('users_version')
            ${assignments === "" ? "" : `, ${assignments}`}
      WHERE user_id = $1 RETURNING *`,
    [userId, changedBy, ...values],
  );
  return rows;
}

const COLUMNS: Columns<UserFields> = {
  userEmail: "user_email",
  userAlias: "user_alias",
  userRole: "user_role",
  models: "models",
  metadata: "metadata",
  maxBudgetNanoUsd: "max_budget_nano_usd",
  budgetDuration: "budget_duration",
  budgetId: "budget_id",
  rpmLimit: "rpm_limit",
  tpmLimit: "tpm_limit",
  maxParallelRequests: "max_parallel_requests",
};

function toUser(row: UserRow): User {
  return {
    userId: row.user_id,
    userEmail: row.user_email,
    userAlias: row.user_alias,
    userRole: row.user_role,
    models: row.models,
    metadata: row.metadata,
    maxBudgetNanoUsd: toNumber(row.max_budget_nano_usd),
    budgetDuration: row.budget_duration,
    budgetId: row.budget_id,
    rpmLimit: toNumber(row.rpm_limit),
    tpmLimit: toNumber(row.tpm_limit),
    maxParallelRequests: toNumber(row.max_parallel_requests),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    createdBy: row.created_by,
    updatedBy: row.updated_by,
  };
}
