import type { MessagePort } from "node:worker_threads";
import { Client } from "pg";
import type { Logger } from "pino";
import { monotonicClock } from "../../../shared/clock";
import {
  connectTo,
  type DatabaseAddress,
  DatabasePassword,
  openClient,
} from "../../../shared/postgres-connection";
import { HEARTBEAT } from "./budget-statements";

/** What the thread is started with; copied to it, so plain values. */
export interface HeartbeatData {
  readonly connectionString: string;
  /** For a connection string without one. */
  readonly password: string | undefined;
  readonly logLevel: string;
  /** Counts up while the main thread runs. */
  readonly pulse: Int32Array;
  readonly beatMs: number;
  /** For how long the main thread may stand still before the thread stops speaking for it, in milliseconds. */
  readonly stalledAfterMs: number;
  /** Owners and for how long a sign of life is good for them, in milliseconds. */
  readonly owners: ReadonlyMap<string, number>;
}

/** What the main thread tells the thread. */
export type HeartbeatMessage =
  | { readonly kind: "add"; readonly owner: string; readonly ttlMs: number }
  | { readonly kind: "remove"; readonly owner: string }
  /** For the connections after the present one. */
  | { readonly kind: "password"; readonly password: string }
  | { readonly kind: "stop" };

/** The main thread reports whether a password works. */
const SILENT = { info: () => {}, warn: () => {} };

/** What a connection does before it gives up, in milliseconds: a later sign of life may be in time, a stuck one never is. */
const QUERY_MS = 2000;

/**
 * Gives signs of life for the owners of this process over a connection of its own, whatever the main thread is busy with, until that
 * stands still for too long: then nobody knows whether it will ever go on, and its leases are for others. Resolves when told to stop.
 */
export async function runHeartbeats(
  {
    connectionString,
    password: firstPassword,
    pulse: counter,
    beatMs,
    stalledAfterMs,
    owners: known,
  }: HeartbeatData,
  port: MessagePort,
  logger: Pick<Logger, "info" | "warn" | "error">,
): Promise<void> {
  const pulse = new Pulse(counter, stalledAfterMs);
  const owners = new Map(known);
  const password = firstPassword === undefined ? undefined : new DatabasePassword(firstPassword, SILENT);
  const address = { connectionString, password };
  let isStopped = false;
  let wake = () => {};
  port.on("message", (message: HeartbeatMessage) => {
    if (message.kind === "add") owners.set(message.owner, message.ttlMs);
    else if (message.kind === "remove") owners.delete(message.owner);
    else if (message.kind === "password") password?.change(message.password);
    else {
      isStopped = true;
      wake();
    }
  });
  let client: Client | undefined;
  let wasAlive = true;
  let isFailing = false;
  while (!isStopped) {
    const { isAlive } = pulse;
    if (wasAlive && !isAlive)
      logger.error({ stalledAfterMs }, "main thread stalled: no more heartbeats are sent for it");
    wasAlive = isAlive;
    if (isAlive && owners.size > 0) {
      try {
        client ??= await connect(address);
        for (const [ttlMs, group] of byTtl(owners)) await beat(client, ttlMs, group, owners);
        if (isFailing) logger.info("heartbeat thread: heartbeat recovered");
        isFailing = false;
      } catch (error) {
        // Once for an outage, not for each of its heartbeats.
        if (!isFailing) logger.warn({ err: error }, "heartbeat thread: heartbeat failed, retrying");
        isFailing = true;
        void client?.end().catch(() => {});
        client = undefined;
      }
    }
    if (isStopped) break;
    await new Promise<void>((resolve) => {
      wake = resolve;
      setTimeout(resolve, beatMs);
    });
  }
  await client?.end().catch(() => {});
  port.close();
}

/** Owners that are not there any more are forgotten. */
async function beat(
  client: Client,
  ttlMs: number,
  group: readonly string[],
  owners: Map<string, number>,
): Promise<void> {
  const { rows } = await client.query<{ owner: string }>(HEARTBEAT, [group, ttlMs]);
  const alive = new Set(rows.map(({ owner }) => owner));
  for (const owner of group) if (!alive.has(owner)) owners.delete(owner);
}

/** Nearly always there is one. */
function byTtl(owners: ReadonlyMap<string, number>): Map<number, string[]> {
  const groups = new Map<number, string[]>();
  for (const [owner, ttlMs] of owners) groups.set(ttlMs, [...(groups.get(ttlMs) ?? []), owner]);
  return groups;
}

async function connect(address: DatabaseAddress): Promise<Client> {
  const client = new Client({
    connectionTimeoutMillis: QUERY_MS,
    query_timeout: QUERY_MS,
    keepAlive: true,
    application_name: "gateway-heartbeat",
    // A sign of life need not outlive a crash of the database.
    options: "-c synchronous_commit=off",
    ...connectTo(address),
  });
  // The next question fails, and the one after that has a new connection.
  client.on("error", () => {});
  await openClient(client, address);
  return client;
}

/** Whether the main thread runs: it counts up in memory that both threads share, and this is how another one sees it. */
export class Pulse {
  #count: number;
  #changedAt: number;

  constructor(
    readonly counter: Int32Array,
    /** Without a change for longer than this it does not run, in milliseconds. */
    readonly stalledAfterMs: number,
    /** Milliseconds of a clock that nobody sets. */
    readonly now: () => number = monotonicClock.now,
  ) {
    this.#count = Atomics.load(counter, 0);
    this.#changedAt = now();
  }

  /** To be asked often: what happened in between counts as happened now. */
  get isAlive(): boolean {
    const count = Atomics.load(this.counter, 0);
    const now = this.now();
    if (count !== this.#count) {
      this.#count = count;
      this.#changedAt = now;
    }
    return now - this.#changedAt <= this.stalledAfterMs;
  }
}
