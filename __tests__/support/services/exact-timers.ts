/**
 * In the place of undici's own timers, which end up to half a second late: a test of a short time limit would mostly wait for that.
 *
 *   jest.mock("undici/lib/util/timers.js", () => jest.requireActual("…/support/services/exact-timers"));
 */
export function setFastTimeout<Argument>(
  callback: (argument: Argument) => void,
  delayMs: number,
  argument: Argument,
): NodeJS.Timeout {
  return globalThis.setTimeout(callback, delayMs, argument).unref();
}

export const clearFastTimeout = (timeout: NodeJS.Timeout): void => globalThis.clearTimeout(timeout);

export { clearFastTimeout as clearTimeout, setFastTimeout as setTimeout };
