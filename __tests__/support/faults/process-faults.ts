import fs from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { temporaryFolder } from "../temporary-folder";

/** Where the folder is in the container. */
const INSIDE = "/faults";
/** The program looks ten times a second. */
const HEARD_MS = 500;

/** A folder with `preload.cjs` and what it is told. */
export class ProcessFaults {
  readonly #folder = temporaryFolder();

  constructor() {
    fs.copyFileSync(path.join(__dirname, "preload.cjs"), path.join(this.#folder, "preload.cjs"));
    fs.chmodSync(this.#folder, 0o755);
  }

  /** What a gateway is started with to be told. */
  get props() {
    return { env: { NODE_OPTIONS: `--require ${INSIDE}/preload.cjs` }, files: { [INSIDE]: this.#folder } };
  }

  /** Turns the wall clock, from now on and after a restart. @param shiftMs against the machine's; 0 puts it right */
  async turnClock(shiftMs: number): Promise<void> {
    fs.writeFileSync(path.join(this.#folder, "shift"), String(shiftMs));
    await wait(HEARD_MS);
  }

  /** Stops the main thread, but no other. Resolves when it goes on. */
  async stopMainThread(forMs: number): Promise<void> {
    fs.writeFileSync(path.join(this.#folder, "stop"), String(forMs));
    await wait(HEARD_MS + forMs);
  }
}
