import type { Authorship, Limits } from "./key-store";

/** A person or service that keys belong to. Keys may name a user that has no row. */
export interface User extends Limits, Authorship {
  readonly userId: string;
  /** Unique without regard to case. */
  readonly userEmail: string | null;
  readonly userAlias: string | null;
  /** LiteLLM's name of a role, kept and shown; it gives no rights here. */
  readonly userRole: string | null;
  /** Model names; empty means all. A key may not use what its user may not. */
  readonly models: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Budget whose limits apply where the user has none of their own. */
  readonly budgetId: string | null;
}

/** What may be set of a user. A field left out stays as it is. */
export type UserFields = Partial<Omit<User, "userId" | keyof Authorship>>;

/** There is a user with this id or e-mail address. The text says which. */
export class UserTakenError extends Error {
  override readonly name = "UserTakenError";
}

/** Users. Look-ups are answered from memory, so that a request can ask; changes are durable when their promise resolves. */
export interface UserStore {
  readonly isReady: boolean;
  findById(userId: string): User | undefined;
  findByEmail(email: string): User | undefined;
  /** Every user, in no particular order. */
  all(): Iterable<User>;
  /** @throws UserTakenError, StoreUnavailableError */
  create(userId: string, createdBy: string, fields: UserFields): Promise<User>;
  /** Changes the user, or makes one with these fields. @throws UserTakenError for an e-mail address, StoreUnavailableError */
  upsert(userId: string, changedBy: string, fields: UserFields): Promise<User>;
  /** Deletes what exists of these. @returns the deleted users. @throws StoreUnavailableError */
  delete(userIds: readonly string[]): Promise<readonly User[]>;
}
