import type { VirtualKey } from "./key-store";

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
