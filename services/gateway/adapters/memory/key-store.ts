import { randomUUID } from "node:crypto";
import { type Clock, systemClock } from "../../ports/clock";
import {
  AliasTakenError,
  type KeyStore,
  KeyTakenError,
  type NewVirtualKey,
  type VirtualKey,
} from "../../ports/key-store";
import { KeyIndex } from "../key-index";

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

  create(key: NewVirtualKey): Promise<VirtualKey> {
    if (key.keyAlias !== null && this.#index.findByAlias(key.keyAlias) !== undefined) {
      return Promise.reject(new AliasTakenError(key.keyAlias));
    }
    if (this.#usedHashes.has(key.tokenHash)) return Promise.reject(new KeyTakenError(key.keyName));
    const now = new Date(this.clock.now());
    const created = { ...key, keyId: randomUUID(), isBlocked: false, createdAt: now, updatedAt: now };
    this.#usedHashes.add(key.tokenHash);
    this.#index.put(created);
    return Promise.resolve(created);
  }

  delete(keyIds: readonly string[]): Promise<readonly VirtualKey[]> {
    return Promise.resolve(
      keyIds.map((keyId) => this.#index.remove(keyId)).filter((key) => key !== undefined),
    );
  }
}
