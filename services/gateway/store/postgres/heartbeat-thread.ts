import { Worker } from "node:worker_threads";
import type { Logger } from "pino";
import { monotonicClock } from "../../../shared/clock";
import type { DatabaseAddress } from "../../../shared/postgres-connection";
import type { HeartbeatData, HeartbeatMessage } from "./heartbeat-loop";

/** Settings of `HeartbeatThread`. */
export interface HeartbeatThreadSettings {
  /** The program of the thread: `heartbeat.ts`, or the file it was bundled into. */
  readonly file: string;
  readonly address: DatabaseAddress;
  readonly logger: Logger;
  /** Between signs of life, in milliseconds. @default 750 */
  readonly beatMs?: number;
  /**
   * For how long the main thread may stand still before the process counts as dead, in milliseconds. Longer than any pause that ends
   * by itself, and no longer than money that is reserved may be held for nobody. @default 60000
   */
  readonly stalledAfterMs?: number;
}

/** Source is compiled as it is loaded. The loader of the main thread is of no use to others. */
const SOURCE_ARGUMENTS = ["--require", "tsx/cjs"];

/** How often the main thread shows that it runs, in milliseconds. */
const PULSE_MS = 250;
const FIRST_RESTART_MS = 1000;
const LONGEST_RESTART_MS = 30_000;
/** A thread that ran for so long has nothing to do with an earlier failure, in milliseconds. */
const SETTLED_MS = 60_000;
/** How long the end of a thread is waited for, in milliseconds. */
const STOP_MS = 2000;

/**
 * Signs of life that do not depend on the main thread: while that is busy with one thing for seconds, another gateway would take this
 * one for dead, and charge its running requests what was reserved. The main thread gives its own as before, so that nothing is
 * worse when the thread fails; it is started again.
 */
export class HeartbeatThread {
  readonly #settings: Required<HeartbeatThreadSettings>;
  readonly #owners = new Map<string, number>();
  readonly #pulse = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  #worker: Worker | undefined;
  #ticking: NodeJS.Timeout | undefined;
  #restart: NodeJS.Timeout | undefined;
  #restartMs = FIRST_RESTART_MS;
  #isStopped = false;

  constructor(settings: HeartbeatThreadSettings) {
    this.#settings = { beatMs: 750, stalledAfterMs: 60_000, ...settings };
  }

  start(): void {
    this.#ticking = setInterval(() => Atomics.add(this.#pulse, 0, 1), PULSE_MS).unref();
    this.#settings.address.password?.onChange((password) => this.#tell({ kind: "password", password }));
    this.#spawn();
  }

  /** From now on signs of life are given for an owner. @param ttlMs for how long each is good */
  add(owner: string, ttlMs: number): void {
    this.#owners.set(owner, ttlMs);
    this.#tell({ kind: "add", owner, ttlMs });
  }

  remove(owner: string): void {
    if (this.#owners.delete(owner)) this.#tell({ kind: "remove", owner });
  }

  /** Resolves when the thread has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#ticking);
    clearTimeout(this.#restart);
    const worker = this.#worker;
    if (worker === undefined) return;
    const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
    this.#tell({ kind: "stop" });
    const end = setTimeout(() => void worker.terminate(), STOP_MS);
    await ended;
    clearTimeout(end);
  }

  #spawn(): void {
    const { file, address, logger, beatMs, stalledAfterMs } = this.#settings;
    const workerData: HeartbeatData = {
      connectionString: address.connectionString,
      password: address.password?.current,
      logLevel: logger.level,
      pulse: this.#pulse,
      beatMs,
      stalledAfterMs,
      owners: this.#owners,
    };
    const startedAt = monotonicClock.now();
    const worker = new Worker(file, {
      workerData,
      // It holds a connection and a few ids.
      resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 },
      ...(file.endsWith(".ts") ? { execArgv: SOURCE_ARGUMENTS } : {}),
    });
    this.#worker = worker;
    // No reason for the process to go on.
    worker.unref();
    worker.on("error", (error) => logger.error({ err: error }, "heartbeat thread failed"));
    worker.on("exit", (code) => {
      this.#worker = undefined;
      if (this.#isStopped) return;
      if (monotonicClock.now() - startedAt > SETTLED_MS) this.#restartMs = FIRST_RESTART_MS;
      logger.warn({ code, restartInMs: this.#restartMs }, "heartbeat thread exited, restarting it");
      this.#restart = setTimeout(() => this.#spawn(), this.#restartMs).unref();
      this.#restartMs = Math.min(this.#restartMs * 2, LONGEST_RESTART_MS);
    });
  }

  #tell(message: HeartbeatMessage): void {
    this.#worker?.postMessage(message);
  }
}
