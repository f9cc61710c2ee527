import fs from "node:fs";

/** No more than this part of the time is put down to other programs. */
const MOST_PART = 0.95;

/**
 * How much longer things take because other programs of the machine want its processors, too. Tests that demand something in a
 * time multiply it by `factor`: a process that computes for seconds is late by its own fault, one that waits for its turn is not.
 */
export class Starvation {
  readonly #begun = performance.now();
  readonly #before: ReadonlyMap<number, number>;

  /** @param pids of the programs that are looked at; the test itself is one of them anyway */
  constructor(pids: readonly number[]) {
    this.#before = new Map([process.pid, ...pids].map((pid) => [pid, waitedMs(pid)]));
  }

  /** Since this was made. 1: the processors were there when they were wanted. */
  get factor(): number {
    const elapsed = performance.now() - this.#begun;
    let factor = 1;
    for (const [pid, before] of this.#before) {
      const part = Math.min(MOST_PART, Math.max(0, waitedMs(pid) - before) / elapsed);
      factor += part / (1 - part);
    }
    return factor;
  }
}

/** How long the main thread of a process was ready to run while others had the processors. */
function waitedMs(pid: number): number {
  try {
    return Number(fs.readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[1]) / 1e6;
  } catch {
    // It has ended, or this kernel does not count.
    return 0;
  }
}
