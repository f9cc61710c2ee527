import { randomBytes } from "node:crypto";
import type { Encryption } from "./encryption";
import { ProvisionerError } from "./errors";
import type { Gateway, GatewayKey, KeySettings } from "./gateway";
import { type KeyPurpose, limitsOf, purposeOf } from "./key-purpose";
import { type Level, nextLevel, type Settings } from "./settings";
import { type AuditEvent, recordEvent } from "./store/audit";
import { type Database, inTransaction, type Queryable } from "./store/database";
import {
  deleteIssuedKey,
  findIssuedKey,
  type IssuedKey,
  insertIssuedKey,
  updateIssuedKey,
} from "./store/issued-keys";

/** How the gateway names whoever made our keys. */
export const CREATED_BY = "key-provisioner";

/** Who asked, for the audit. */
export interface Asker {
  readonly actor: string;
  readonly requestId?: string | undefined;
}

/** A key that was handed out. */
export interface IssuedKeyAnswer {
  readonly key: string;
  /** Whether it is the one that the caller had before. */
  readonly isReused: boolean;
  readonly atGateway: GatewayKey;
}

/** What makes keys. */
export interface KeyIssuerProps {
  readonly database: Database;
  readonly gateway: Gateway;
  readonly encryption: Encryption;
  readonly settings: () => Settings;
}

/**
 * Makes keys, hands them out again and takes them back. Each key goes through the same steps, whoever asks and wherever a process was killed
 * before: its secret is chosen here and written down, encrypted; the gateway is asked to take it; then it counts. So a secret that was written down is
 * asked for again, not made twice, and no key is at the gateway that nobody knows of. One alias at a time, over all processes.
 */
export class KeyIssuer {
  readonly #props: KeyIssuerProps;

  constructor(props: KeyIssuerProps) {
    this.#props = props;
  }

  /** The key for this purpose: the same one as long as that works. @param wish level that is asked for @throws ProvisionerError */
  handOut(purpose: KeyPurpose, wish: string | undefined, asker: Asker): Promise<IssuedKeyAnswer> {
    return this.#locked(purpose.alias, async (connection) => {
      const row = await findIssuedKey(connection, purpose.alias);
      const secret = row && this.#readable(row, row.secret);
      const isOwners = isOfOwner(row, purpose);
      if (row !== undefined && secret !== undefined && row.nextSecret === null && isOwners) {
        const found = await this.#props.gateway.find({ key: secret });
        if (found !== undefined && found.key_alias === purpose.alias) {
          const level = this.#level(purpose, wish, found, row);
          if (!this.#isLoosened(level, found)) {
            const atGateway = await this.#align(found, purpose, level);
            await inTransaction(connection, async () => {
              if (row.owner !== purpose.owner || row.ownerId !== purpose.ownerId)
                await updateIssuedKey(connection, row.alias, {
                  owner: purpose.owner,
                  ownerId: purpose.ownerId,
                });
              await recordEvent(connection, {
                ...this.#event(purpose, asker, atGateway),
                action: "reuse",
                outcome: "same",
              });
            });
            return { key: secret, isReused: true, atGateway };
          }
        }
      }
      return this.#make(connection, row, purpose, wish, asker, isOwners ? "issue" : "rotate");
    });
  }

  /** A new key for a purpose that has none. @throws ProvisionerError 409 when there is one */
  create(purpose: KeyPurpose, asker: Asker): Promise<IssuedKeyAnswer> {
    return this.#locked(purpose.alias, async (connection) => {
      const row = await findIssuedKey(connection, purpose.alias);
      // One that was not finished is: its secret was never shown.
      if (row?.gatewayKeyId != null) {
        throw new ProvisionerError(
          409,
          "key_exists",
          `There is a key ${purpose.alias} already. Rotate it for a new secret, or revoke it first.`,
        );
      }
      if (row === undefined && (await this.#props.gateway.find({ key_alias: purpose.alias })) !== undefined) {
        throw new ProvisionerError(
          409,
          "key_exists",
          `The gateway has a key ${purpose.alias} that was not made here. Delete it there first, or use another name.`,
        );
      }
      return this.#make(connection, row, purpose, undefined, asker, "issue");
    });
  }

  /** Gives the key another secret; id, spend and limits stay. @throws ProvisionerError 404 */
  rotate(
    alias: string,
    purpose: (row: IssuedKey, at: GatewayKey) => KeyPurpose,
    asker: Asker,
  ): Promise<IssuedKeyAnswer> {
    return this.#locked(alias, async (connection) => {
      const row = await findIssuedKey(connection, alias);
      const found = row && (await this.#props.gateway.find({ key_alias: alias }));
      if (row === undefined || found === undefined) throw noSuchKey(alias);
      return this.#make(connection, row, purpose(row, found), undefined, asker, "rotate");
    });
  }

  /**
   * Takes a key back. What is left of it is its events.
   * @param isStill judged again at the last moment: what was seen of the key earlier may have changed @default - whatever it is
   * @returns whether there was one @throws ProvisionerError
   */
  revoke(
    alias: string,
    asker: Asker,
    reason: string,
    isStill: (row: IssuedKey) => boolean = () => true,
  ): Promise<boolean> {
    return this.#locked(alias, async (connection) => {
      const row = await findIssuedKey(connection, alias);
      if (row === undefined || !isStill(row)) return false;
      await this.#props.gateway.delete(alias);
      await inTransaction(connection, async () => {
        await deleteIssuedKey(connection, alias);
        await recordEvent(connection, { ...asker, action: "revoke", outcome: reason, alias });
      });
      return true;
    });
  }

  /** Lets the owner loosen a key down to a level. `undefined`: no more. @throws ProvisionerError 404 */
  permit(alias: string, level: Level | undefined, asker: Asker): Promise<void> {
    return this.#locked(alias, async (connection) => {
      if ((await findIssuedKey(connection, alias)) === undefined) throw noSuchKey(alias);
      await inTransaction(connection, async () => {
        await updateIssuedKey(connection, alias, { permittedLevel: level?.name ?? null });
        const detail = { level: level?.name ?? null };
        await recordEvent(connection, { ...asker, action: "level", outcome: "permitted", alias, detail });
      });
    });
  }

  /**
   * Brings a key to the figures in force, and what is kept of it under the encryption key in force.
   * @returns whether the gateway has it
   */
  refresh(alias: string): Promise<boolean> {
    return this.#locked(alias, async (connection) => {
      const row = await findIssuedKey(connection, alias);
      if (row === undefined) return false;
      const { encryption, gateway } = this.#props;
      const text = this.#readable(row, row.secret);
      if (row.secret !== null && text !== undefined && !encryption.isCurrent(row.secret))
        await updateIssuedKey(connection, alias, { secret: encryption.encrypt(alias, text) });
      const found = await gateway.find({ key_alias: alias });
      if (found === undefined) return false;
      const { scope, scopeName, owner } = purposeOf(row);
      const settings = this.#props.settings();
      // The user's own minimum is ours alone to know; those of scopes the gateway applies by itself.
      const named = found.metadata["enforcement_level"];
      const level = settings.level(named);
      const raised = level === undefined ? undefined : settings.clamp(level.name, scope, owner);
      const limits = limitsOf(settings, scopeName);
      const metadata =
        raised === undefined || raised.name === named
          ? found.metadata
          : { ...found.metadata, enforcement_level: raised.name };
      if (isSame({ ...limits, metadata }, found)) return true;
      await gateway.update(found.key_id, { ...limits, metadata });
      return true;
    });
  }

  /** Counts a key as ours that the gateway has and this database does not: of a lost database, or of an interrupted deletion. */
  async adopt(
    key: Pick<IssuedKey, "alias" | "kind" | "subject" | "owner">,
    gatewayKeyId: string,
    asker: Asker,
  ): Promise<void> {
    await this.#locked(key.alias, (connection) =>
      inTransaction(connection, async () => {
        const isNew = await insertIssuedKey(connection, {
          ...key,
          ownerId: null,
          nextSecret: null,
          gatewayKeyId,
        });
        if (isNew)
          await recordEvent(connection, {
            ...asker,
            action: "adopt",
            outcome: "found at the gateway",
            alias: key.alias,
          });
      }),
    );
  }

  async #make(
    connection: Queryable,
    row: IssuedKey | undefined,
    purpose: KeyPurpose,
    wish: string | undefined,
    asker: Asker,
    action: "issue" | "rotate",
  ): Promise<IssuedKeyAnswer> {
    const { gateway, encryption } = this.#props;
    const { alias } = purpose;
    // One that was written down before may be at the gateway already, unless it was for another owner.
    const begun =
      row === undefined || !isOfOwner(row, purpose) ? undefined : this.#readable(row, row.nextSecret);
    const secret = begun ?? `sk-${randomBytes(32).toString("base64url")}`;
    const nextSecret = encryption.encrypt(alias, secret);
    const { owner, ownerId, kind, subject } = purpose;
    if (row === undefined)
      await insertIssuedKey(connection, { alias, kind, subject, owner, ownerId, nextSecret });
    else await updateIssuedKey(connection, alias, { nextSecret, owner, ownerId });

    let found = await gateway.find({ key_alias: alias });
    // The former key is still there when its end was what failed: then it has its spend itself.
    let carried = found?.key_id === row?.gatewayKeyId ? null : (row?.carriedSpendUsd ?? null);
    // After a crash in the middle of a loosening it is what is left of the former key.
    const former = found ?? (row?.carriedMetadata ? { metadata: row.carriedMetadata } : undefined);
    const level = this.#level(purpose, wish, former, row);
    const isLoosened = found !== undefined && this.#isLoosened(level, found);
    if (found?.blocked === true && (action === "issue" || isLoosened)) throw blocked(alias);
    if (found !== undefined && isLoosened) {
      // The gateway lets nobody but an administrator loosen a key that is there, us included: this one ends, and another takes its place.
      carried = found.spend;
      await updateIssuedKey(connection, alias, {
        carriedSpendUsd: carried,
        carriedMetadata: found.metadata,
      });
      await gateway.delete(alias);
      found = undefined;
    }
    let atGateway = await this.#take(secret, purpose, level, found, former);
    if (carried !== null) atGateway = await gateway.update(atGateway.key_id, { spend: carried });

    await inTransaction(connection, async () => {
      await updateIssuedKey(connection, alias, {
        secret: purpose.isKept ? nextSecret : null,
        nextSecret: null,
        carriedSpendUsd: null,
        carriedMetadata: null,
        gatewayKeyId: atGateway.key_id,
        hiddenSince: null,
      });
      const outcome = isLoosened ? "loosened" : found === undefined ? "made" : "new secret";
      await recordEvent(connection, { ...this.#event(purpose, asker, atGateway), action, outcome });
    });
    return { key: secret, isReused: false, atGateway };
  }

  /** Sees to it that the gateway has the secret under this alias. Can be repeated. */
  async #take(
    secret: string,
    purpose: KeyPurpose,
    level: Level | "unknown",
    found: GatewayKey | undefined,
    former: HasMetadata | undefined,
  ): Promise<GatewayKey> {
    const { gateway } = this.#props;
    if (found === undefined)
      return gateway.generate(secret, purpose.alias, this.#settingsFor(purpose, level, former));
    const taken = await gateway.find({ key: secret });
    if (taken?.key_id === found.key_id) return this.#align(taken, purpose, level);
    return gateway.regenerate(purpose.alias, secret, this.#settingsFor(purpose, level, found));
  }

  /** Brings a key at the gateway to what it should be. */
  async #align(found: GatewayKey, purpose: KeyPurpose, level: Level | "unknown"): Promise<GatewayKey> {
    if (found.blocked) throw blocked(purpose.alias);
    const wanted = this.#settingsFor(purpose, level, found);
    return isSame(wanted, found) ? found : this.#props.gateway.update(found.key_id, wanted);
  }

  #settingsFor(purpose: KeyPurpose, level: Level | "unknown", found?: HasMetadata): KeySettings {
    return {
      ...limitsOf(this.#props.settings(), purpose.scopeName),
      user_id: purpose.userId,
      metadata: {
        // What administrators add, such as guardrails, stays.
        ...found?.metadata,
        ...purpose.metadata,
        scope: purpose.scope,
        key_type: purpose.kind,
        created_by: CREATED_BY,
        ...(level === "unknown" ? {} : { enforcement_level: level.name }),
      },
    };
  }

  #level(
    purpose: KeyPurpose,
    wish: string | undefined,
    found: HasMetadata | undefined,
    row: IssuedKey | undefined,
  ) {
    const settings = this.#props.settings();
    const named = found?.metadata["enforcement_level"];
    const current =
      found === undefined
        ? undefined
        : named === undefined
          ? settings.clamp(undefined, purpose.scope, null)
          : (settings.level(named) ?? "unknown");
    return nextLevel(
      settings.clamp(wish, purpose.scope, purpose.owner),
      current,
      settings.level(row?.permittedLevel),
    );
  }

  #isLoosened(level: Level | "unknown", found: GatewayKey): boolean {
    if (level === "unknown") return false;
    const named = found.metadata["enforcement_level"];
    if (named === undefined) return false;
    const current = this.#props.settings().level(named);
    return current === undefined || level.strictness < current.strictness;
  }

  #readable(row: IssuedKey, stored: Buffer | null): string | undefined {
    return this.#props.encryption.decrypt(row.alias, stored);
  }

  #event(
    { alias, scope }: KeyPurpose,
    asker: Asker,
    atGateway: GatewayKey,
  ): Omit<AuditEvent, "action" | "outcome"> {
    const { key_id, metadata, max_budget, budget_duration } = atGateway;
    const detail = { scope, key_id, level: metadata["enforcement_level"], max_budget, budget_duration };
    return { ...asker, alias, detail };
  }

  #locked<Result>(alias: string, work: (connection: Queryable) => Promise<Result>): Promise<Result> {
    return this.#props.database.locked(`key ${alias}`, work);
  }
}

/** A key that is there, or was. */
type HasMetadata = Pick<GatewayKey, "metadata">;

function blocked(alias: string): ProvisionerError {
  return new ProvisionerError(403, "key_blocked", `The key ${alias} is blocked by an administrator.`);
}

function noSuchKey(alias: string): ProvisionerError {
  return new ProvisionerError(404, "key_not_found", `There is no key ${alias}.`);
}

/** Whether a key belongs to this owner. Ids count, since user names are given again; a key whose owner's id is not known yet is taken for this one's. */
function isOfOwner(row: IssuedKey | undefined, { ownerId }: KeyPurpose): boolean {
  return row?.ownerId == null || row.ownerId === ownerId;
}

/** Whether a key has these settings already. */
function isSame(wanted: Partial<KeySettings>, found: GatewayKey): boolean {
  return Object.entries(wanted).every(
    ([field, value]) => canonical(value) === canonical(found[field as keyof KeySettings]),
  );
}

/** Postgres keeps the members of objects in an order of its own. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) =>
    typeof member === "object" && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
