/**
 * Loaded into a gateway before its own code, in each of its threads: turns its wall clock by what the file `shift` beside this
 * one says, in milliseconds, and stops its main thread for what the file `stop` says whenever that file changes.
 * It proves what the gateway's own code does with such a clock. Not what Node's native code, the kernel, TLS or Postgres do: they
 * go by the machine's clock, which cannot be turned for one process; and timers go by a clock that nobody turns.
 */
const { readFileSync, statSync } = require("node:fs");
const { join } = require("node:path");
const { isMainThread } = require("node:worker_threads");

const LOOK_MS = 100;
const Real = Date;
let shift = 0;
let stoppedAt = modified("stop");

function numberIn(name) {
  try {
    return Number(readFileSync(join(__dirname, name), "utf8")) || 0;
  } catch {
    return 0;
  }
}

function modified(name) {
  return statSync(join(__dirname, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function look() {
  shift = numberIn("shift");
  const at = modified("stop");
  if (at === stoppedAt) return;
  stoppedAt = at;
  if (isMainThread) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, numberIn("stop"));
}

class TurnedDate extends Real {
  constructor(...args) {
    if (args.length === 0) super(Real.now() + shift);
    else super(...args);
  }

  static now() {
    return Real.now() + shift;
  }
}

look();
setInterval(look, LOOK_MS).unref();
globalThis.Date = TurnedDate;
