import type { Pool } from "pg";
import type { Logger } from "pino";
import { type User, type UserFields, type UserStore, UserTakenError } from "../user-store";
import { isUniqueViolation } from "./errors";
import { ReplicatedRecords, type ReplicatedRow } from "./replicated-table";
import {
  type AuthorshipRow,
  type Columns,
  LIMIT_COLUMNS,
  type LimitsRow,
  toAuthorship,
  toLimits,
} from "./sql";

interface UserRow extends ReplicatedRow, LimitsRow, AuthorshipRow {
  readonly user_id: string;
  readonly user_email: string | null;
  readonly user_alias: string | null;
  readonly user_role: string | null;
  readonly models: string[];
  readonly metadata: Record<string, unknown>;
  readonly budget_id: string | null;
}

const COLUMNS: Columns<UserFields> = {
  userEmail: "user_email",
  userAlias: "user_alias",
  userRole: "user_role",
  models: "models",
  metadata: "metadata",
  budgetId: "budget_id",
  ...LIMIT_COLUMNS,
};

/** All users in memory, Postgres behind. */
export class PostgresUserStore extends ReplicatedRecords<UserRow, User, UserFields> implements UserStore {
  constructor(pool: Pool, logger?: Pick<Logger, "warn">) {
    super({ pool, logger, name: "users", idColumn: "user_id", columns: COLUMNS, toItem: toUser, takenBy });
  }

  findByEmail(email: string): User | undefined {
    return findUserByEmail(this.all(), email);
  }
}

function takenBy(error: unknown, userId: string): UserTakenError | undefined {
  if (isUniqueViolation(error, "users_pkey")) return new UserTakenError(`id ${userId}`);
  return isUniqueViolation(error, "users_email") ? new UserTakenError("email") : undefined;
}

function toUser(row: UserRow): User {
  return {
    userId: row.user_id,
    userEmail: row.user_email,
    userAlias: row.user_alias,
    userRole: row.user_role,
    models: row.models,
    metadata: row.metadata,
    budgetId: row.budget_id,
    ...toLimits(row),
    ...toAuthorship(row),
  };
}

/** The user with this e-mail address, without regard to case. */
export function findUserByEmail(users: Iterable<User>, email: string): User | undefined {
  const wanted = email.toLowerCase();
  return [...users].find((user) => user.userEmail?.toLowerCase() === wanted);
}
