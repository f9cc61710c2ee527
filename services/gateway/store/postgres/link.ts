import { Client, type Notification } from "pg";
import type { Logger } from "pino";
import { connectTo, type DatabaseAddress, openClient } from "../../../shared/postgres-connection";

/** What a part of the gateway does with the connection that is kept open for changes. */
export interface LinkUser {
  /** Runs on every new connection, in order, before the link counts as connected. */
  onConnect?(client: Client): Promise<void>;
  /** Runs every second on the open connection: the net under lost notifications. Nothing that takes long. */
  onPoll?(client: Client): Promise<void>;
  /** Channel to listen on, and what to do with a message. */
  readonly channel?: string;
  onNotification?(client: Client, payload: string): Promise<void>;
  /** Runs once the link counts as connected. */
  onReady?(): void;
}

/** Settings of `PostgresLink`. */
export interface PostgresLinkSettings {
  readonly address: DatabaseAddress;
  readonly logger: Logger;
  readonly users: readonly LinkUser[];
  /** Between the end of a poll and the next one. @default 1000 ms */
  readonly pollMs?: number;
  /**
   * How long a poll, or what a notification asks for, may take: then the connection counts as lost, as one does whose other end has
   * gone without a word. @default 3000 ms
   */
  readonly deadlineMs?: number;
  /** Longest pause between attempts to connect. @default 2000 ms */
  readonly maxBackoffMs?: number;
  /** Until the next attempt after an `UnusableDatabaseError`. @default 15000 ms */
  readonly unusableRetryMs?: number;
  /** Longest statement while connecting, which reads all keys. @default 30000 ms */
  readonly queryTimeoutMs?: number;
}

/**
 * The database answers, but is of no use until somebody has done something about it. The link says so as an error, once, and tries again at
 * long intervals.
 */
export class UnusableDatabaseError extends Error {
  override readonly name: string = "UnusableDatabaseError";
}

/** An idle connection is asked for a sign of life by the system after this long, in milliseconds. */
export const KEEP_ALIVE_MS = 5000;
/**
 * A transaction whose client says nothing for this long is ended by the server, in milliseconds: a client that has gone without a word would
 * hold its locks until the system of the server finds out, hours later.
 */
export const IDLE_TRANSACTION_MS = 5000;
const FIRST_BACKOFF_MS = 100;
const CONNECT_TIMEOUT_MS = 5000;
/** Turns of the event loop, at least, until a deadline is missed: a process that is held up itself has not read the answers that are there. */
const DEADLINE_TURNS = 12;

/**
 * One connection that is always open or being opened. It carries LISTEN, and its loss is the fastest
 * sign that Postgres is away. Nothing it does can end the process.
 */
export class PostgresLink {
  readonly #settings: Required<PostgresLinkSettings>;
  #client: Client | undefined;
  #isConnected = false;
  #changedAt = Date.now();
  #losses = 0;
  #isStopped = false;
  #backoffMs = FIRST_BACKOFF_MS;
  #timer: NodeJS.Timeout | undefined;
  /** Why the database is of no use, as it was told. */
  #unusable: string | undefined;
  /** Work on the connection runs one after the other: the driver allows one query at a time. */
  #work: Promise<void> = Promise.resolve();

  constructor(settings: PostgresLinkSettings) {
    this.#settings = {
      pollMs: 1000,
      deadlineMs: 3000,
      maxBackoffMs: 2000,
      unusableRetryMs: 15_000,
      queryTimeoutMs: 30_000,
      ...settings,
    };
  }

  /** Whether Postgres answered, the schema is up to date and the keys are loaded, and nothing has broken since. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Since when it is as it is, in milliseconds since 1970 by this machine's clock. */
  get changedAt(): number {
    return this.#changedAt;
  }

  /** How often it was lost. */
  get losses(): number {
    return this.#losses;
  }

  /** Starts connecting; returns at once. */
  start(): void {
    void this.#connect();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#isConnected = false;
    clearTimeout(this.#timer);
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => {});
  }

  async #connect(): Promise<void> {
    const client = new Client({
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: this.#settings.queryTimeoutMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
      application_name: "gateway-link",
      ...connectTo(this.#settings.address),
    });
    this.#client = client;
    client.on("error", (error) => this.#lose(client, error));
    client.on("end", () => this.#lose(client, new Error("connection ended")));
    client.on("notification", (message) => this.#notified(client, message));
    try {
      await openClient(client, this.#settings.address);
      for (const user of this.#settings.users) {
        // Listen first, then read: a change in between is seen twice rather than never.
        if (user.channel !== undefined) await client.query(`LISTEN ${client.escapeIdentifier(user.channel)}`);
        await user.onConnect?.(client);
      }
    } catch (error) {
      this.#lose(client, error);
      return;
    }
    if (this.#client !== client) return;
    this.#backoffMs = FIRST_BACKOFF_MS;
    this.#unusable = undefined;
    this.#isConnected = true;
    this.#changedAt = Date.now();
    this.#settings.logger.info("database connected");
    for (const user of this.#settings.users) user.onReady?.();
    this.#schedulePoll(client);
  }

  #lose(client: Client, error: unknown): void {
    if (this.#client !== client || this.#isStopped) return;
    this.#client = undefined;
    const isNew = this.#isConnected || this.#backoffMs === FIRST_BACKOFF_MS;
    if (this.#isConnected) {
      this.#losses += 1;
      this.#changedAt = Date.now();
    }
    this.#isConnected = false;
    clearTimeout(this.#timer);
    void client.end().catch(() => {});
    const retryInMs = this.#tell(error, isNew);
    this.#timer = setTimeout(() => void this.#connect(), retryInMs);
    this.#backoffMs = Math.min(this.#backoffMs * 2, this.#settings.maxBackoffMs);
  }

  /** @returns the pause until the next attempt */
  #tell(error: unknown, isNew: boolean): number {
    const { logger, unusableRetryMs } = this.#settings;
    if (!(error instanceof UnusableDatabaseError)) {
      logger[isNew ? "warn" : "debug"]({ err: error, retryInMs: this.#backoffMs }, "database unavailable");
      return this.#backoffMs;
    }
    if (error.message !== this.#unusable)
      logger.error(
        { err: error, retryInMs: unusableRetryMs },
        `the database cannot be used: ${error.message}`,
      );
    this.#unusable = error.message;
    return unusableRetryMs;
  }

  #schedulePoll(client: Client): void {
    this.#timer = setTimeout(() => {
      const users = this.#settings.users;
      this.#run(client, async () => {
        for (const user of users) await user.onPoll?.(client);
        if (this.#client === client && !this.#isStopped) this.#schedulePoll(client);
      });
    }, this.#settings.pollMs);
  }

  #notified(client: Client, message: Notification): void {
    const user = this.#settings.users.find((candidate) => candidate.channel === message.channel);
    this.#run(client, async () => user?.onNotification?.(client, message.payload ?? ""));
  }

  /** @throws what `work` throws, or when it takes longer than it may */
  async #inTime(work: Promise<void> | undefined): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    let turns = 0;
    const limit = new Promise<never>((_resolve, reject) => {
      timer = setInterval(() => {
        turns += 1;
        if (turns > DEADLINE_TURNS) reject(new Error("no answer in time"));
      }, this.#settings.deadlineMs / DEADLINE_TURNS);
    });
    try {
      await Promise.race([work, limit]);
    } finally {
      clearInterval(timer);
    }
  }

  #run(client: Client, work: () => Promise<void> | undefined): void {
    this.#work = this.#work.then(async () => {
      if (this.#client !== client) return;
      try {
        await this.#inTime(work());
      } catch (error) {
        this.#lose(client, error);
      }
    });
  }
}
