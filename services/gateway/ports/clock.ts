/** Time, so that tests can set it. */
export interface Clock {
  /** Now, in milliseconds: since 1970, or since whatever moment where only differences count. */
  now(): number;
}

/** The machine's own clock. Somebody may set it: it is no measure of how long something lasts. */
export const systemClock: Clock = { now: () => Date.now() };

/** Time since the process began, which nobody sets: for how long something lasts within this process. */
export const monotonicClock: Clock = { now: () => performance.now() };
