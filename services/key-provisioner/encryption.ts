import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";
import type { Secret } from "../shared/secret";

/** First byte of everything that is stored, so that another form can be told from this one. */
const FORM = 1;
const ID_BYTES = 8;
const IV_BYTES = 12;
const TAG_BYTES = 16;

interface EncryptionKey {
  readonly id: Buffer;
  readonly key: Buffer;
}

/**
 * What is kept of keys: AES-256-GCM, bound to the name that it belongs to, so that nobody who can write to the database gives one workspace the
 * key of another. The id of the encryption key stands before it: after a rotation the former one still reads what it wrote.
 */
export class Encryption {
  #current: EncryptionKey;
  #previous: EncryptionKey | undefined;

  constructor(current: Secret, previous?: Secret) {
    this.#current = deriveKey(current);
    this.#previous = previous && deriveKey(previous);
  }

  replace(current: Secret, previous?: Secret): void {
    this.#current = deriveKey(current);
    this.#previous = previous && deriveKey(previous);
  }

  /** @param name what it belongs to, such as the alias of a key */
  encrypt(name: string, text: string): Buffer {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv("aes-256-gcm", this.#current.key, iv).setAAD(Buffer.from(name, "utf8"));
    const encrypted = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
    return Buffer.concat([Buffer.from([FORM]), this.#current.id, iv, cipher.getAuthTag(), encrypted]);
  }

  /** @returns `undefined` when no key that is known reads it, or it is another's, or was changed */
  decrypt(name: string, stored: Buffer | null): string | undefined {
    const key = stored === null ? undefined : this.#keyOf(stored);
    if (stored === null || key === undefined) return undefined;
    const ivStart = 1 + ID_BYTES;
    const tagStart = ivStart + IV_BYTES;
    const textStart = tagStart + TAG_BYTES;
    try {
      const decipher = createDecipheriv("aes-256-gcm", key.key, stored.subarray(ivStart, tagStart), {
        authTagLength: TAG_BYTES,
      })
        .setAAD(Buffer.from(name, "utf8"))
        .setAuthTag(stored.subarray(tagStart, textStart));
      return Buffer.concat([decipher.update(stored.subarray(textStart)), decipher.final()]).toString("utf8");
    } catch {
      return undefined;
    }
  }

  /** Whether it was encrypted with the key in force. */
  isCurrent(stored: Buffer): boolean {
    return stored.subarray(1, 1 + ID_BYTES).equals(this.#current.id);
  }

  #keyOf(stored: Buffer): EncryptionKey | undefined {
    if (stored[0] !== FORM) return undefined;
    const id = stored.subarray(1, 1 + ID_BYTES);
    return [this.#current, this.#previous].find((key) => key?.id.equals(id));
  }
}

function deriveKey(secret: Secret): EncryptionKey {
  const key = Buffer.from(hkdfSync("sha256", secret.expose(), "", "key-provisioner: keys at rest", 32));
  return { key, id: createHash("sha256").update(key).digest().subarray(0, ID_BYTES) };
}
