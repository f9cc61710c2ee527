import { toScaledInteger } from "./scaled-integer";

const NANO_PER_USD = 1_000_000_000;

/** USD → nano-USD, exactly. @returns `undefined` when negative, finer than a nano-USD, or over 9 million USD */
export function usdToNanoUsd(usd: number | string): number | undefined {
  return toScaledInteger(usd, 9);
}

/** nano-USD → USD as JSON bodies carry it. */
export function nanoUsdToUsd(nanoUsd: number): number {
  return nanoUsd / NANO_PER_USD;
}
