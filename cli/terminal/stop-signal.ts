/**
 * A terminal sends Ctrl-C to every process, and npm passes its own on as well: signals this close
 * together are one wish, in milliseconds.
 */
const SAME_WISH_MS = 1000;

/** How often to look for the parent, in milliseconds. */
const PARENT_CHECK_MS = 250;

/** Signals that ask to stop. SIGHUP comes when the terminal is closed. */
const SIGNALS: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** What tells the wish. */
export interface StopSources {
  /** Where signals arrive. @default process */
  readonly signals?: NodeJS.EventEmitter;
  /**
   * Parent process now, where its end is a wish to stop, too. npm runs its scripts below a shell that
   * dies of a signal without passing it on.
   * @default - our parent when npm runs us; otherwise its end means nothing
   */
  readonly parent?: (() => number) | undefined;
}

/**
 * Calls `stop` when the user wants to end, and with `hurry` whenever they insist. The signal is the one that came;
 * SIGTERM where the parent's end is the wish.
 * @returns ends the listening
 */
export function onStopSignal(
  stop: (hurry: boolean, signal: NodeJS.Signals) => void,
  { signals = process, parent = npmShell() }: StopSources = {},
): () => void {
  let first: number | undefined;
  const listener = (signal: NodeJS.Signals) => {
    if (first === undefined) {
      first = Date.now();
      stop(false, signal);
    } else if (Date.now() - first > SAME_WISH_MS) {
      stop(true, signal);
    }
  };
  for (const signal of SIGNALS) signals.on(signal, listener);
  const original = parent?.();
  const watch = setInterval(() => {
    if (parent?.() === original) return;
    clearInterval(watch);
    listener("SIGTERM");
  }, PARENT_CHECK_MS).unref();
  return () => {
    clearInterval(watch);
    for (const signal of SIGNALS) signals.off(signal, listener);
  };
}

function npmShell(): (() => number) | undefined {
  return process.env["npm_lifecycle_event"] === undefined ? undefined : () => process.ppid;
}
