import { findUserByEmail } from "../../../services/gateway/store/postgres/user-store";
import {
  type User,
  type UserFields,
  type UserStore,
  UserTakenError,
} from "../../../services/gateway/store/user-store";
import { type Clock, systemClock } from "../../../services/shared/clock";
import { MemoryRecords, NO_LIMITS } from "./records";

/** Users in the process only. For tests. */
export class MemoryUserStore implements UserStore {
  readonly isReady = true;
  readonly #records: MemoryRecords<User>;

  constructor(clock: Clock = systemClock) {
    this.#records = new MemoryRecords(clock, (userId, authorship) => ({
      userId,
      userEmail: null,
      userAlias: null,
      userRole: null,
      models: [],
      metadata: {},
      budgetId: null,
      ...NO_LIMITS,
      ...authorship,
    }));
  }

  findById(userId: string): User | undefined {
    return this.#records.get(userId);
  }

  findByEmail(email: string): User | undefined {
    return findUserByEmail(this.all(), email);
  }

  all(): Iterable<User> {
    return this.#records.all();
  }

  async create(userId: string, createdBy: string, fields: UserFields): Promise<User> {
    if (this.findById(userId) !== undefined) throw new UserTakenError(`id ${userId}`);
    return this.upsert(userId, createdBy, fields);
  }

  async upsert(userId: string, changedBy: string, fields: UserFields): Promise<User> {
    const owner = fields.userEmail ? this.findByEmail(fields.userEmail) : undefined;
    if (owner !== undefined && owner.userId !== userId) throw new UserTakenError("email");
    return this.#records.upsert(userId, changedBy, fields);
  }

  async delete(userIds: readonly string[]): Promise<readonly User[]> {
    return this.#records.delete(userIds);
  }
}
