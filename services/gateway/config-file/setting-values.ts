import { z } from "zod";
import { readTokenPrice } from "../pricing/cost";
import { usdToNanoUsd } from "../pricing/money";

/** The form of a reference to an environment variable. */
export const ENVIRONMENT_REFERENCE = /^os\.environ\/[A-Za-z_][A-Za-z0-9_]*$/;
const REFERENCE_FORM = "os.environ/NAME, the name of an environment variable that holds it";

/** A secret, by the variable that holds it. */
export const secretReference = z
  .string(`must be ${REFERENCE_FORM}`)
  .regex(ENVIRONMENT_REFERENCE, `must be ${REFERENCE_FORM}; a secret itself must not stand in this file`);

/** A value that comes from one variable only. */
export const fixedReference = (name: string) =>
  z
    .literal(`os.environ/${name}`, `must be os.environ/${name}; the gateway reads it from that variable only`)
    .optional();

/** USD a token → pico-USD a token. */
export const price = z
  .union([z.number(), z.string()], "must be USD a token, such as 3e-06")
  .transform((value, context) => {
    const picoUsd = readTokenPrice(value);
    if (picoUsd !== undefined) return picoUsd;
    context.issues.push({
      code: "custom",
      input: value,
      message: `is ${String(value)}; must be USD a token, not negative, with at most 12 decimal places, such as 3e-06`,
    });
    return z.NEVER;
  })
  .optional();

/** USD → nano-USD. */
export const amount = z
  .union([z.number(), z.string()], "must be an amount in USD")
  .transform((value, context) => {
    const nanoUsd = usdToNanoUsd(value);
    if (nanoUsd !== undefined) return nanoUsd;
    context.issues.push({
      code: "custom",
      input: value,
      message: `is ${String(value)}; must be an amount in USD, not negative, with at most 9 decimal places`,
    });
    return z.NEVER;
  })
  .optional();

/** A number of tokens. */
export const tokens = z
  .number("must be a number of tokens")
  .int("must be a whole number")
  .min(1, "must be at least 1")
  .optional();

/** True or false. */
export const flag = z.boolean("must be true or false").optional();

/** A whole number between two others, these included. */
export const wholeNumber = (min: number, max: number) =>
  z
    .number(`must be a whole number from ${min} to ${max}`)
    .int("must be a whole number")
    .min(min, `must be at least ${min}`)
    .max(max, `must be at most ${max}`)
    .optional();

const SECONDS = "must be a number of seconds from 0.1 to 7200";
/** A time limit in seconds → in milliseconds. */
export const timeLimit = z
  .number(SECONDS)
  .min(0.1, SECONDS)
  .max(7200, SECONDS)
  .transform((seconds) => Math.round(seconds * 1000))
  .optional();

/** Settings that are known and change nothing. */
export const ignored = (names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, z.unknown().optional()]));
