import type { Queryable } from "./database";

/** What a key is for. */
export type KeyKind = "workspace" | "user" | "ci" | "agent";

/** A key that the key-provisioner has made, is making, or answers for. */
export interface IssuedKey {
  readonly alias: string;
  readonly kind: KeyKind;
  /** Id of the workspace, user name, repository, or `review` and `write`. */
  readonly subject: string;
  /** User name. */
  readonly owner: string | null;
  /** The user's id at Coder: names are given again. */
  readonly ownerId: string | null;
  readonly gatewayKeyId: string | null;
  /** The key in force, encrypted. `null`: nobody can be given it again. */
  readonly secret: Buffer | null;
  /** One that the gateway may or may not have taken yet, encrypted. */
  readonly nextSecret: Buffer | null;
  /** Spend of the key whose place the next one takes, in USD. */
  readonly carriedSpendUsd: number | null;
  /** Its metadata: its level, and what administrators added. */
  readonly carriedMetadata: Readonly<Record<string, unknown>> | null;
  /** Down to which an administrator lets the key be loosened. */
  readonly permittedLevel: string | null;
  /** Since when Coder says that there is no such workspace or user, without saying that it was deleted. */
  readonly hiddenSince: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const COLUMNS = `alias, kind, subject, owner, owner_id AS "ownerId", gateway_key_id AS "gatewayKeyId", secret,
  next_secret AS "nextSecret", carried_spend_usd AS "carriedSpendUsd", carried_metadata AS "carriedMetadata", permitted_level AS "permittedLevel",
  hidden_since AS "hiddenSince", created_at AS "createdAt", updated_at AS "updatedAt"`;

/** What can be changed of a key; what is left out stays. */
export type IssuedKeyChanges = Partial<
  Pick<
    IssuedKey,
    | "owner"
    | "ownerId"
    | "gatewayKeyId"
    | "secret"
    | "nextSecret"
    | "carriedSpendUsd"
    | "carriedMetadata"
    | "permittedLevel"
    | "hiddenSince"
  >
>;

const CHANGEABLE: Readonly<Record<keyof IssuedKeyChanges, string>> = {
  owner: "owner",
  ownerId: "owner_id",
  gatewayKeyId: "gateway_key_id",
  secret: "secret",
  nextSecret: "next_secret",
  carriedSpendUsd: "carried_spend_usd",
  carriedMetadata: "carried_metadata",
  permittedLevel: "permitted_level",
  hiddenSince: "hidden_since",
};

export async function findIssuedKey(connection: Queryable, alias: string): Promise<IssuedKey | undefined> {
  const { rows } = await connection.query<IssuedKey>(`SELECT ${COLUMNS} FROM issued_keys WHERE alias = $1`, [
    alias,
  ]);
  return rows[0];
}

/** A page of keys in the order of their aliases. @param after the last alias of the page before */
export async function listIssuedKeys(
  connection: Queryable,
  { after = "", limit }: { readonly after?: string | undefined; readonly limit: number },
): Promise<IssuedKey[]> {
  const { rows } = await connection.query<IssuedKey>(
    `SELECT ${COLUMNS} FROM issued_keys WHERE alias > $1 COLLATE "C" ORDER BY alias COLLATE "C" LIMIT $2`,
    [after, limit],
  );
  return rows;
}

/** @returns whether there was none with this alias */
export async function insertIssuedKey(
  connection: Queryable,
  key: Pick<IssuedKey, "alias" | "kind" | "subject" | "owner" | "ownerId" | "nextSecret"> &
    Partial<Pick<IssuedKey, "gatewayKeyId">>,
): Promise<boolean> {
  const { rowCount } = await connection.query(
    `INSERT INTO issued_keys (alias, kind, subject, owner, owner_id, next_secret, gateway_key_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
    [key.alias, key.kind, key.subject, key.owner, key.ownerId, key.nextSecret, key.gatewayKeyId ?? null],
  );
  return rowCount === 1;
}

export async function updateIssuedKey(
  connection: Queryable,
  alias: string,
  changes: IssuedKeyChanges,
): Promise<void> {
  const entries = Object.entries(changes) as [keyof IssuedKeyChanges, unknown][];
  const assignments = entries.map(([field], index) => `, ${CHANGEABLE[field]} = $${index + 2}`).join("");
  await connection.query(`UPDATE issued_keys SET updated_at = now()${assignments} WHERE alias = $1`, [
    alias,
    ...entries.map(([, value]) => value),
  ]);
}

export async function deleteIssuedKey(connection: Queryable, alias: string): Promise<void> {
  await connection.query("DELETE FROM issued_keys WHERE alias = $1", [alias]);
}

/** Counts by kind. */
export async function countIssuedKeys(connection: Queryable): Promise<{ kind: KeyKind; count: number }[]> {
  const { rows } = await connection.query<{ kind: KeyKind; count: string }>(
    "SELECT kind, count(*) AS count FROM issued_keys GROUP BY kind",
  );
  return rows.map(({ kind, count }) => ({ kind, count: Number(count) }));
}
