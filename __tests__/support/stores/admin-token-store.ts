import { randomUUID } from "node:crypto";
import {
  type AdminToken,
  type AdminTokenStore,
  type NewAdminToken,
  TokenNameTakenError,
} from "../../../services/gateway/store/admin-token-store";
import { type Clock, systemClock } from "../../../services/shared/clock";

/** Admin tokens in the process only. For tests. */
export class MemoryAdminTokenStore implements AdminTokenStore {
  readonly isReady = true;
  readonly #byHash = new Map<string, AdminToken>();

  constructor(readonly clock: Clock = systemClock) {}

  findByHash(tokenHash: string): AdminToken | undefined {
    return this.#byHash.get(tokenHash);
  }

  findByName(name: string): AdminToken | undefined {
    return [...this.#byHash.values()].find((token) => token.name === name);
  }

  all(): Iterable<AdminToken> {
    return this.#byHash.values();
  }

  async create(token: NewAdminToken): Promise<AdminToken> {
    if (this.findByName(token.name) !== undefined) throw new TokenNameTakenError(token.name);
    const created = { ...token, tokenId: randomUUID(), createdAt: new Date(this.clock.now()) };
    this.#byHash.set(created.tokenHash, created);
    return created;
  }

  async delete(tokenId: string): Promise<boolean> {
    const found = [...this.#byHash.values()].find((token) => token.tokenId === tokenId);
    return found !== undefined && this.#byHash.delete(found.tokenHash);
  }
}
