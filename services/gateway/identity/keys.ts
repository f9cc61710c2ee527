import { hash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "../../shared/clock";
import type { Secret } from "../../shared/secret";
import type { AdminToken } from "../store/admin-token-store";

/** What every key begins with; clients and scripts rely on it. */
export const KEY_PREFIX = "sk-";

/** A new key: `sk-` and 22 URL-safe characters from 16 random bytes. */
export function generateKey(): string {
  return KEY_PREFIX + randomBytes(16).toString("base64url");
}

/** SHA-256 in hex: the only form in which a key is kept. A key is random, so a slow hash would gain nothing. */
export function hashKey(key: string): string {
  return hash("sha256", key, "hex");
}

/** What may be shown of a key. */
export function maskKey(key: string): string {
  return key.length >= 16 ? `${KEY_PREFIX}...${key.slice(-4)}` : `${KEY_PREFIX}...`;
}

/** Compares two hashes of keys without telling by its time how much agrees. */
export function isSameHash(given: string, expected: string): boolean {
  return timingSafeEqual(Buffer.from(given, "latin1"), Buffer.from(expected, "latin1"));
}

/** A master key after its rotation. */
export interface PreviousMasterKey {
  readonly key: Secret;
  readonly validUntil: Date;
}

/** The master key in force, and the one before it until its grace ends by the clock that all gateways share. */
export class MasterKeys {
  readonly #clock: Clock;
  #currentHash: string;
  #previous: { readonly hash: string; readonly validUntilMs: number } | undefined;

  constructor(clock: Clock, current: Secret, previous?: PreviousMasterKey) {
    this.#clock = clock;
    this.#currentHash = hashKey(current.expose());
    this.replace(current, previous);
  }

  /** From now on these hold, for every request that comes. */
  replace(current: Secret, previous: PreviousMasterKey | undefined): void {
    this.#currentHash = hashKey(current.expose());
    this.#previous = previous && {
      hash: hashKey(previous.key.expose()),
      validUntilMs: previous.validUntil.getTime(),
    };
  }

  /** Which of them has this hash; a previous one only within its grace. Tells nothing by the time it takes. */
  find(hash: string): "current" | "previous" | undefined {
    if (isSameHash(hash, this.#currentHash)) return "current";
    const previous = this.#previous;
    if (previous === undefined || !isSameHash(hash, previous.hash)) return undefined;
    return previous.validUntilMs > this.#clock.now() ? "previous" : undefined;
  }

  /** Whether a key is one of them, valid or not: no virtual key may be. */
  includes(raw: string): boolean {
    const hash = hashKey(raw);
    const isPrevious = this.#previous !== undefined && isSameHash(hash, this.#previous.hash);
    return isSameHash(hash, this.#currentHash) || isPrevious;
  }
}

/**
 * The token of the platform's own key-provisioner. It is delivered to both sides as a secret instead of being made by hand, so that a platform
 * works from its first deployment, and is otherwise an admin token of the role `provisioner`.
 */
export class ProvisionerToken {
  #current: AdminToken | undefined;

  constructor(token: Secret | undefined) {
    this.replace(token);
  }

  /** From now on this one holds; `undefined`: none. */
  replace(token: Secret | undefined): void {
    const raw = token?.expose();
    this.#current =
      raw === undefined
        ? undefined
        : {
            tokenId: PROVISIONER_NAME,
            tokenHash: hashKey(raw),
            tokenName: maskKey(raw),
            name: PROVISIONER_NAME,
            role: "provisioner",
            expiresAt: null,
            createdAt: new Date(0),
            createdBy: "PROVISIONER_TOKEN",
          };
  }

  /** The token when it has this hash. Tells nothing by the time it takes. */
  find(hash: string): AdminToken | undefined {
    const token = this.#current;
    return token !== undefined && isSameHash(hash, token.tokenHash) ? token : undefined;
  }
}

/** How audit rows and `created_by` name the platform's key-provisioner. */
const PROVISIONER_NAME = "key-provisioner";
