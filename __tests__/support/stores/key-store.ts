import { randomUUID } from "node:crypto";
import {
  AliasTakenError,
  type KeyChanges,
  type KeyCheck,
  type KeyRotation,
  type KeyStore,
  KeyTakenError,
  type NewVirtualKey,
  type VirtualKey,
} from "../../../services/gateway/store/key-store";
import { KeyIndex } from "../../../services/gateway/store/postgres/key-store";
import { type Clock, systemClock } from "../../../services/shared/clock";
import { withChanges } from "./records";

/** Keys in the process only. For tests. */
export class MemoryKeyStore implements KeyStore {
  readonly isReady = true;
  readonly #index = new KeyIndex();
  readonly #usedHashes = new Set<string>();

  constructor(readonly clock: Clock = systemClock) {}

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
    this.#refuseAlias(key.keyAlias, undefined);
    this.#useHash(key.tokenHash, key.keyName);
    const now = new Date(this.clock.now());
    const created = {
      ...key,
      keyId: randomUUID(),
      isBlocked: false,
      createdAt: now,
      updatedAt: now,
      updatedBy: key.createdBy,
      previousTokenHash: null,
      previousValidUntil: null,
    };
    this.#index.put(created);
    return created;
  }

  async update(
    keyId: string,
    updatedBy: string,
    changes: KeyChanges,
    rotation?: KeyRotation,
    check?: KeyCheck,
  ): Promise<VirtualKey | undefined> {
    const key = this.#index.findById(keyId);
    if (key === undefined) return undefined;
    check?.(key);
    this.#refuseAlias(changes.keyAlias ?? null, keyId);
    if (rotation !== undefined) this.#useHash(rotation.tokenHash, rotation.keyName);
    const updated: VirtualKey = {
      ...withChanges(key, changes),
      ...rotation,
      ...(rotation === undefined
        ? {}
        : { previousTokenHash: rotation.previousValidUntil === null ? null : key.tokenHash }),
      updatedBy,
      updatedAt: new Date(this.clock.now()),
    };
    this.#index.put(updated);
    return updated;
  }

  delete(keyIds: readonly string[]): Promise<readonly VirtualKey[]> {
    return Promise.resolve(
      keyIds.map((keyId) => this.#index.remove(keyId)).filter((key) => key !== undefined),
    );
  }

  #refuseAlias(alias: string | null, keyId: string | undefined): void {
    const owner = alias === null ? undefined : this.#index.findByAlias(alias);
    if (owner !== undefined && owner.keyId !== keyId) throw new AliasTakenError(alias ?? "");
  }

  #useHash(tokenHash: string, keyName: string): void {
    if (this.#usedHashes.has(tokenHash)) throw new KeyTakenError(keyName);
    this.#usedHashes.add(tokenHash);
  }
}
