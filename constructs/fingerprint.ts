import { createHash } from "node:crypto";

/** The first 12 hex digits of the SHA-256 of a value as JSON. Never of a secret: a short one could be guessed from it. */
export function fingerprint(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 12);
}
