/** Time, so that tests can set it. */
export interface Clock {
  /** Now, in milliseconds since 1970. */
  now(): number;
}

/** The machine's own clock. */
export const systemClock: Clock = { now: () => Date.now() };
