import fs from "node:fs";

/** What the kernel says of the main thread of a process, in milliseconds. */
interface Times {
  readonly ran: number;
  /** Ready to run, while others had the processor. */
  readonly waited: number;
}

/** A process that runs less than this part of the time is hardly held up when it waits for a moment. */
const LEAST_PART = 0.05;

/**
 * How much longer things take because other programs of the machine want its processors, too. Tests that demand something in a
 * time multiply it by `factor`: a process that computes for seconds is late by its own fault, one that waits for its turn is not.
 */
export class Starvation {
  readonly #begun = performance.now();
  readonly #before: ReadonlyMap<number, Times>;

  /** @param pids of the programs that are looked at; the test itself is one of them anyway */
  constructor(pids: readonly number[]) {
    this.#before = new Map([process.pid, ...pids].map((pid) => [pid, timesOf(pid)]));
  }

  /** Since this was made. 1: the processors were there when they were wanted. */
  get factor(): number {
    const elapsed = performance.now() - this.#begun;
    let factor = 1;
    for (const [pid, before] of this.#before) {
      const now = timesOf(pid);
      const ran = Math.max(now.ran - before.ran, LEAST_PART * elapsed);
      factor += Math.max(0, now.waited - before.waited) / ran;
    }
    return factor;
  }
}

function timesOf(pid: number): Times {
  try {
    const [ran = 0, waited = 0] = fs.readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ").map(Number);
    return { ran: ran / 1e6, waited: waited / 1e6 };
  } catch {
    // It has ended, or this kernel does not count.
    return { ran: 0, waited: 0 };
  }
}
