/** A virtual key as the gateway knows it: everything but the key itself. */
export interface VirtualKey extends Limits, Authorship {
  /** Never changes and is never used again; what audit rows refer to. UUID. */
  readonly keyId: string;
  /** SHA-256 of the key, 64 hex digits. */
  readonly tokenHash: string;
  /** What may be shown of the key: `sk-...` and its last four characters. */
  readonly keyName: string;
  /** Unique among the keys that exist. */
  readonly keyAlias: string | null;
  readonly userId: string | null;
  /** Model names the key may use; empty means all. */
  readonly models: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
  /** `null`: never expires. */
  readonly expiresAt: Date | null;
  readonly isBlocked: boolean;
  /** Budget whose limits apply where the key has none of its own. */
  readonly budgetId: string | null;
  /** SHA-256 of the key before the last rotation, while it still works. */
  readonly previousTokenHash: string | null;
  /** End of the previous key's grace. */
  readonly previousValidUntil: Date | null;
}

/** What is needed to make a key. */
export type NewVirtualKey = Omit<
  VirtualKey,
  "keyId" | "createdAt" | "updatedAt" | "isBlocked" | "updatedBy" | "previousTokenHash" | "previousValidUntil"
>;

/** What may be changed of a key. A field left out stays as it is. */
export type KeyChanges = Partial<
  Limits &
    Pick<VirtualKey, "keyAlias" | "userId" | "models" | "metadata" | "expiresAt" | "isBlocked" | "budgetId">
>;

/** A new secret for an existing key. */
export interface KeyRotation {
  readonly tokenHash: string;
  readonly keyName: string;
  /** Until when the present secret stays valid. `null`: it is revoked at once. */
  readonly previousValidUntil: Date | null;
}

/**
 * Asked about a key as it stands when it is changed, which another gateway may have changed a moment ago: nothing comes
 * between the question and the change. What it throws keeps the change from being made.
 */
export type KeyCheck = (current: VirtualKey) => void;

/** Another existing key has this alias. */
export class AliasTakenError extends Error {
  override readonly name = "AliasTakenError";
}

/** This very key exists, or existed. */
export class KeyTakenError extends Error {
  override readonly name = "KeyTakenError";
}

/** The store cannot be reached, or did not do what it was asked for. */
export class StoreUnavailableError extends Error {
  override readonly name = "StoreUnavailableError";
  /** Whether it is certain that nothing was changed. Otherwise nobody knows. */
  readonly isUnchanged: boolean;

  constructor(message: string, options: ErrorOptions & { readonly isUnchanged?: boolean } = {}) {
    super(message, options);
    this.isUnchanged = options.isUnchanged ?? false;
  }
}

/** The store cannot hold or compare one of the values, now or later. */
export class ValueRefusedError extends Error {
  override readonly name = "ValueRefusedError";
}

/** Virtual keys. Look-ups are answered from memory; changes are durable when their promise resolves. */
export interface KeyStore {
  /** Whether the keys are known at all; until then an unknown key says nothing. */
  readonly isReady: boolean;
  /** By the present secret, or by the previous one: whether that is still in its grace is for the caller to see. */
  findByHash(tokenHash: string): VirtualKey | undefined;
  findByAlias(alias: string): VirtualKey | undefined;
  findById(keyId: string): VirtualKey | undefined;
  /** Every key, in no particular order. */
  all(): Iterable<VirtualKey>;
  /** @throws AliasTakenError, KeyTakenError, ValueRefusedError, StoreUnavailableError */
  create(key: NewVirtualKey): Promise<VirtualKey>;
  /**
   * Changes a key, and gives it a new secret when `rotation` is there; its id, and so its spend, stay.
   * @returns `undefined` when there is no such key
   * @throws AliasTakenError, KeyTakenError, ValueRefusedError, StoreUnavailableError, and what `check` throws
   */
  update(
    keyId: string,
    updatedBy: string,
    changes: KeyChanges,
    rotation?: KeyRotation,
    check?: KeyCheck,
  ): Promise<VirtualKey | undefined>;
  /**
   * Deletes what exists of these; look-ups in this process fail from then on, also for those that the store does not have any more.
   * @returns the deleted keys
   * @throws StoreUnavailableError
   */
  delete(keyIds: readonly string[]): Promise<readonly VirtualKey[]>;
}

/** Who made a record and who changed it last, as audit rows name them, and when. */
export interface Authorship {
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly createdBy: string;
  readonly updatedBy: string;
}

/** How much may be used; `null`: no such limit. */
export interface Limits {
  /** Most that may be spent in a budget period, in nano-USD. */
  readonly maxBudgetNanoUsd: number | null;
  /** Length of a budget period, such as `30d`; `null`: for ever. */
  readonly budgetDuration: string | null;
  /** Requests a minute. */
  readonly rpmLimit: number | null;
  /** Tokens a minute. */
  readonly tpmLimit: number | null;
  /** Requests at the same time. */
  readonly maxParallelRequests: number | null;
}
