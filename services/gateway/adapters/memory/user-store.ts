import { type Clock, systemClock } from "../../ports/clock";
import { type User, type UserFields, type UserStore, UserTakenError } from "../../ports/user-store";
import { withChanges } from "./with-changes";

/** Users in the process only. For tests. */
export class MemoryUserStore implements UserStore {
  readonly isReady = true;
  readonly #users = new Map<string, User>();

  constructor(readonly clock: Clock = systemClock) {}

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
    if (this.#users.has(userId)) throw new UserTakenError(`id ${userId}`);
    return this.upsert(userId, createdBy, fields);
  }

  async upsert(userId: string, changedBy: string, fields: UserFields): Promise<User> {
    const owner = fields.userEmail ? this.findByEmail(fields.userEmail) : undefined;
    if (owner !== undefined && owner.userId !== userId) throw new UserTakenError("email");
    const now = new Date(this.clock.now());
    const user = withChanges<User>(this.#users.get(userId) ?? emptyUser(userId, changedBy, now), {
      ...fields,
      updatedAt: now,
      updatedBy: changedBy,
    });
    this.#users.set(userId, user);
    return user;
  }

  async delete(userIds: readonly string[]): Promise<readonly User[]> {
    const users = userIds.map((id) => this.#users.get(id)).filter((user) => user !== undefined);
    for (const { userId } of users) this.#users.delete(userId);
    return users;
  }
}

function emptyUser(userId: string, createdBy: string, now: Date): User {
  return {
    userId,
    userEmail: null,
    userAlias: null,
    userRole: null,
    models: [],
    metadata: {},
    maxBudgetNanoUsd: null,
    budgetDuration: null,
    budgetId: null,
    rpmLimit: null,
    tpmLimit: null,
    maxParallelRequests: null,
    createdAt: now,
    updatedAt: now,
    createdBy,
    updatedBy: createdBy,
  };
}
