import type { ClientBase } from "pg";
import { type KeyRotation, KeyTakenError } from "../../ports/key-store";

/**
 * A secret that was used once is never taken again. Exact, because changes of keys run one at a time.
 * @throws KeyTakenError for the hash of a key that was replaced
 */
export async function refuseRetired(client: ClientBase, tokenHash: string, keyName: string): Promise<void> {
  const { rowCount } = await client.query("SELECT 1 FROM retired_key_hashes WHERE token_hash = $1", [
    tokenHash,
  ]);
  if (rowCount !== 0) throw new KeyTakenError(keyName);
}

/** Gives a key a new secret; the former one works until its time. @throws KeyTakenError as `refuseRetired` does */
export async function rotateKey(client: ClientBase, keyId: string, rotation: KeyRotation): Promise<void> {
  await refuseRetired(client, rotation.tokenHash, rotation.keyName);
  await client.query(
    `INSERT INTO retired_key_hashes (token_hash, key_id)
     SELECT token_hash, key_id FROM virtual_keys WHERE key_id = $1 AND deleted_at IS NULL`,
    [keyId],
  );
  await client.query(
    `UPDATE virtual_keys
        SET previous_token_hash = CASE WHEN $4::timestamptz IS NULL THEN NULL ELSE token_hash END,
            previous_valid_until = $4, token_hash = $2, key_name = $3
      WHERE key_id = $1 AND deleted_at IS NULL`,
    [keyId, rotation.tokenHash, rotation.keyName, rotation.previousValidUntil],
  );
}
