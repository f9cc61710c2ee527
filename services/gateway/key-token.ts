import { hash, randomBytes, timingSafeEqual } from "node:crypto";

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
