const NANO_PER_USD = 1_000_000_000;

/** USD → nano-USD, exactly. @returns `undefined` when negative, finer than a nano-USD, or over 9 million USD */
export function usdToNanoUsd(usd: number | string): number | undefined {
  return toScaledInteger(usd, 9);
}

/** nano-USD → USD as JSON bodies carry it. */
export function nanoUsdToUsd(nanoUsd: number): number {
  return nanoUsd / NANO_PER_USD;
}

/**
 * A decimal as an integer of `decimals` places, exactly: no floating point takes part. `3e-6` with 12 places is
 * 3000000. A number is read as the shortest decimal that means it, which is what its author wrote.
 * @returns `undefined` when the value is negative, not a decimal, too precise, or too large to be exact
 */
export function toScaledInteger(value: number | string, decimals: number): number | undefined {
  const match = /^(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/.exec(String(value));
  if (match === null) return undefined;
  const [, whole = "", fraction = "", exponent = "0"] = match;
  const digits = (whole + fraction).replace(/^0+/, "");
  const shift = decimals + Number(exponent) - fraction.length;
  if (digits === "") return 0;
  if (shift >= 0) {
    if (digits.length + shift > 16) return undefined;
    return toSafe(digits + "0".repeat(shift));
  }
  const cut = Math.max(0, digits.length + shift);
  if (/[^0]/.test(digits.slice(cut))) return undefined;
  return toSafe(digits.slice(0, cut) || "0");
}

function toSafe(digits: string): number | undefined {
  const value = Number(digits);
  return Number.isSafeInteger(value) ? value : undefined;
}
