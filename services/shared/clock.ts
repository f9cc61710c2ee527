/** Time, so that tests can set it. */
export interface Clock {
  /** Now, in milliseconds: since 1970, or since whatever moment where only differences count. */
  now(): number;
}

/** The machine's own clock. Somebody may set it: it is no measure of how long something lasts. */
export const systemClock: Clock = { now: () => Date.now() };

/**
 * A clock that goes on from where it was when `read` goes back, as that of a machine that is restored from a snapshot may: nothing that was to
 * last for a second lasts for as long as the step.
 * @param read milliseconds
 */
export function forwardClock(read: () => number): Clock {
  let last = read();
  let lostMs = 0;
  return {
    now() {
      const next = read();
      if (next < last) lostMs += last - next;
      last = next;
      return next + lostMs;
    },
  };
}

/** Time since the process began, which nobody sets: for how long something lasts within this process. */
export const monotonicClock: Clock = forwardClock(() => performance.now());
