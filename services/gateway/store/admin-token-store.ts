/** What the holder of a token may do; `http/access.ts` has the table. */
export type AdminRole = "admin" | "auditor" | "provisioner";

/** A credential for the management API, other than the master key: it has a name, a role and an end. */
export interface AdminToken {
  /** UUID. */
  readonly tokenId: string;
  /** SHA-256 of the token, 64 hex digits. */
  readonly tokenHash: string;
  /** What may be shown of the token: `sk-...` and its last four characters. */
  readonly tokenName: string;
  /** Unique among the tokens that exist; what audit rows show. */
  readonly name: string;
  readonly role: AdminRole;
  /** `null`: never expires. */
  readonly expiresAt: Date | null;
  readonly createdAt: Date;
  readonly createdBy: string;
}

/** What is needed to make a token. */
export type NewAdminToken = Omit<AdminToken, "tokenId" | "createdAt">;

/** Another existing token has this name. */
export class TokenNameTakenError extends Error {
  override readonly name = "TokenNameTakenError";
}

/** Admin tokens. Look-ups are answered from memory; changes are durable when their promise resolves. */
export interface AdminTokenStore {
  readonly isReady: boolean;
  findByHash(tokenHash: string): AdminToken | undefined;
  findByName(name: string): AdminToken | undefined;
  /** Every token, in no particular order. */
  all(): Iterable<AdminToken>;
  /** @throws TokenNameTakenError, StoreUnavailableError */
  create(token: NewAdminToken): Promise<AdminToken>;
  /** @returns whether there was one. @throws StoreUnavailableError */
  delete(tokenId: string): Promise<boolean>;
}
