import type { Logger } from "pino";
import type { MetricsRegistry } from "../shared/metrics-registry";
import type { Coder } from "./coder";
import { ProvisionerError } from "./errors";
import type { Gateway } from "./gateway";
import { CREATED_BY, type KeyIssuer } from "./issue-key";
import { deleteOldEvents } from "./store/audit";
import type { Database } from "./store/database";
import {
  countIssuedKeys,
  type IssuedKey,
  type KeyKind,
  listIssuedKeys,
  updateIssuedKey,
} from "./store/issued-keys";

/** Settings of `Reconciliation`. */
interface ReconciliationSettings {
  readonly database: Database;
  readonly gateway: Gateway;
  /** `undefined`: the platform has none. */
  readonly coder: Coder | undefined;
  readonly issuer: KeyIssuer;
  readonly logger: Pick<Logger, "info" | "warn">;
  readonly metrics: MetricsRegistry;
  /** Between two runs, on average. */
  readonly intervalMs: number;
  /** How long events are kept, such as `365d`. `undefined`: for ever. */
  readonly auditRetention: string | undefined;
}

const ACTOR = { actor: "reconciliation" };
/** Keys that are looked at together. */
const AT_ONCE = 3;
/** Of so many runs one looks at every key at the gateway. */
const WHOLE_EVERY = 10;
const PAGE = 100;
/** How long Coder must say 404, which it also says of what a token may not see, before that counts as deleted. */
const HIDDEN_MS = 24 * 3_600_000;
/** How long a key may be in the making; who asks again goes on with it. */
const UNFINISHED_MS = 15 * 60_000;

/** Which of Coder's things are there. `undefined`: it could not be asked, and nothing follows from that. */
interface Existing {
  readonly workspaces: ReadonlySet<string> | undefined;
  /** Ids of users that are not suspended. */
  readonly users: ReadonlySet<string> | undefined;
  readonly suspended: ReadonlySet<string>;
}

/**
 * Takes back, now and then, what nobody should have any more: keys of workspaces that are deleted and of users that are suspended or deleted. What
 * Coder does not say for certain changes nothing: an outage, or a token that lost its rights, revokes no key. It also brings keys to the figures in
 * force, counts keys as ours that only the gateway knows, and clears away what was never finished.
 */
export class Reconciliation {
  readonly #settings: ReconciliationSettings;
  readonly #stopped = new AbortController();
  #wake = () => {};
  #isDue = false;
  /** Whether the next run also looks for keys that only the gateway knows, and brings all to the figures in force. */
  #isWhole = true;
  #runs = 0;
  #running: Promise<void> = Promise.resolve();
  #at: Date | undefined;
  #problem: string | undefined;
  #revoked = 0;
  #counts: readonly { readonly kind: KeyKind; readonly count: number }[] = [];

  constructor(settings: ReconciliationSettings) {
    this.#settings = settings;
    const { metrics } = settings;
    metrics.gauges("key_provisioner_keys", "Keys, by what they are for.", ["kind"], () =>
      this.#counts.map(({ kind, count }) => [[kind], count]),
    );
    metrics.counts(
      "key_provisioner_keys_revoked_total",
      "Keys that the reconciliation took back.",
      [],
      () => [[[], this.#revoked]],
    );
    metrics.gauges(
      "key_provisioner_reconciled_timestamp_seconds",
      "When the last reconciliation succeeded, since 1970.",
      [],
      () => (this.#at === undefined ? [] : [[[], this.#at.getTime() / 1000]]),
    );
    metrics.gauge("key_provisioner_reconciliation_failed", "Whether the last reconciliation failed.", () =>
      Number(this.#problem !== undefined),
    );
  }

  /** How the last run went. */
  get state(): { readonly at: Date | undefined; readonly problem: string | undefined } {
    return { at: this.#at, problem: this.#problem };
  }

  start(): void {
    if (!this.#stopped.signal.aborted) this.#running = this.#loop();
  }

  /** Something has changed that concerns every key: the next run, now or after the one that runs, looks at all of them. */
  runSoon(): void {
    this.#isWhole = true;
    this.#isDue = true;
    this.#wake();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#wake();
    await this.#running;
  }

  async #loop(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      try {
        await this.run();
        this.#at = new Date();
        this.#problem = undefined;
      } catch (error) {
        const { message } = error as Error;
        if (message !== this.#problem) this.#settings.logger.warn({ err: error }, "reconciliation failed");
        this.#problem = message;
      }
      if (this.#isDue) {
        this.#isDue = false;
        continue;
      }
      // Replicas that were started together do not all ask at the same moment.
      const pauseMs = this.#settings.intervalMs * (0.75 + Math.random() / 2);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pauseMs).unref();
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = () => {};
      this.#isDue = false;
    }
  }

  /** One run. @throws ProvisionerError when something that it asks is away; what was done until then stays */
  async run(): Promise<void> {
    const { database, auditRetention } = this.#settings;
    const isWhole = this.#isWhole || this.#runs % WHOLE_EVERY === 0;
    this.#isWhole = false;
    this.#runs += 1;
    if (isWhole) await this.#adoptUnknown();
    const existing = await this.#askCoder();
    const failures: unknown[] = [];
    for await (const page of this.#pages()) {
      for (let index = 0; index < page.length; index += AT_ONCE) {
        if (this.#stopped.signal.aborted) return;
        await Promise.all(
          page.slice(index, index + AT_ONCE).map((key) =>
            this.#judge(key, existing, isWhole).catch((error: unknown) => {
              // While something is away the others would fare no better. One key that is refused keeps none from its end.
              if (!(error instanceof ProvisionerError) || error.status === 503) throw error;
              failures.push(error);
            }),
          ),
        );
      }
    }
    if (auditRetention !== undefined)
      await database.use((connection) => deleteOldEvents(connection, auditRetention));
    this.#counts = await database.use(countIssuedKeys);
    if (failures.length > 0) throw failures[0];
  }

  async #adoptUnknown(): Promise<void> {
    const { gateway, issuer } = this.#settings;
    const known = new Set<string>();
    for await (const page of this.#pages()) for (const { alias } of page) known.add(alias);
    for await (const key of gateway.list()) {
      const alias = key.key_alias;
      if (alias === null || key.created_by !== CREATED_BY || known.has(alias)) continue;
      const [kind, subject] = splitScope(key.metadata["scope"]);
      if (kind === undefined || subject === undefined) continue;
      const owner = kind === "workspace" || kind === "user" ? key.user_id : null;
      await issuer.adopt({ alias, kind, subject, owner }, key.key_id, ACTOR);
    }
  }

  /** All keys, in parts, so that a large number is never in memory. */
  async *#pages(): AsyncGenerator<readonly IssuedKey[]> {
    for (let after: string | undefined = ""; after !== undefined; ) {
      const page: IssuedKey[] = await this.#settings.database.use((connection) =>
        listIssuedKeys(connection, { after, limit: PAGE }),
      );
      yield page;
      after = page.length < PAGE ? undefined : page.at(-1)?.alias;
    }
  }

  async #askCoder(): Promise<Existing> {
    const { coder } = this.#settings;
    if (coder === undefined) return { workspaces: undefined, users: undefined, suspended: new Set() };
    const workspaces = await coder.workspaceIds();
    const users = await coder.users();
    const idsWith = (isSuspended: boolean) =>
      new Set(
        [...(users?.values() ?? [])].flatMap(({ id, status }) =>
          (status === "suspended") === isSuspended ? [id] : [],
        ),
      );
    return { workspaces, users: users && idsWith(false), suspended: idsWith(true) };
  }

  async #judge(key: IssuedKey, { workspaces, users, suspended }: Existing, isWhole: boolean): Promise<void> {
    const { issuer, coder, logger } = this.#settings;
    const { alias, kind, subject, ownerId } = key;
    // Somebody may have asked for it since it was listed.
    const revoke = async (reason: string, isStill: (row: IssuedKey) => boolean) => {
      if (!(await issuer.revoke(alias, ACTOR, reason, isStill))) return;
      this.#revoked += 1;
      logger.info({ alias, reason }, "key revoked");
    };
    const isOwners = (row: IssuedKey) => row.ownerId === ownerId;
    if (ownerId !== null && suspended.has(ownerId)) return revoke("owner suspended", isOwners);
    // A list that is empty is that of a token which may not read it rather than that of an installation without users.
    if (ownerId !== null && users !== undefined && users.size > 0 && !users.has(ownerId) && kind === "user")
      return revoke("owner deleted", isOwners);
    if (kind === "workspace" && workspaces !== undefined && coder !== undefined) {
      if (workspaces.has(subject)) await this.#seen(key);
      else {
        const presence = await coder.workspacePresence(subject);
        if (presence === "gone") return revoke("workspace deleted", () => true);
        if (presence === "hidden" && (await this.#isHiddenForLong(key)))
          return revoke("workspace not found for a day", (row) => row.hiddenSince !== null);
        if (presence === "there") await this.#seen(key);
      }
    }
    if (isUnfinished(key)) return revoke("never finished", isUnfinished);
    if (isWhole) await issuer.refresh(alias);
  }

  async #seen({ alias, hiddenSince }: IssuedKey): Promise<void> {
    if (hiddenSince === null) return;
    await this.#settings.database.use((connection) =>
      updateIssuedKey(connection, alias, { hiddenSince: null }),
    );
  }

  async #isHiddenForLong({ alias, hiddenSince }: IssuedKey): Promise<boolean> {
    if (hiddenSince !== null) return Date.now() - hiddenSince.getTime() >= HIDDEN_MS;
    await this.#settings.database.use((connection) =>
      updateIssuedKey(connection, alias, { hiddenSince: new Date() }),
    );
    return false;
  }
}

function isUnfinished({ gatewayKeyId, updatedAt }: IssuedKey): boolean {
  return gatewayKeyId === null && Date.now() - updatedAt.getTime() > UNFINISHED_MS;
}

const KINDS: readonly KeyKind[] = ["workspace", "user", "ci", "agent"];

/** `ci:frontend` → its two parts. */
function splitScope(scope: unknown): [kind: KeyKind | undefined, subject: string | undefined] {
  const [, first, subject] = /^([a-z]+):(.+)$/.exec(typeof scope === "string" ? scope : "") ?? [];
  return [KINDS.find((kind) => kind === first), subject];
}
