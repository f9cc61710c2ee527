import type { JsonObject } from "../../json/json-value";
import { TranslationError } from "../translation-error";
import { isAbsent, kindOf, numberIn } from "./read-value";

/** How the next token is chosen. */
export interface Sampling {
  /** From 0 to 2, as with OpenAI. */
  readonly temperature?: number | undefined;
  readonly top_p?: number | undefined;
  readonly top_k?: number | undefined;
}

/**
 * `temperature`, `top_p` and `top_k` of a body, each optional.
 * @throws TranslationError for numbers out of OpenAI's range
 */
export function readSampling(body: JsonObject): Sampling {
  const temperature = readNumber(body, "temperature", 2);
  const topP = readNumber(body, "top_p", 1);
  const topK = readNumber(body, "top_k", Number.MAX_SAFE_INTEGER, -1);
  return {
    temperature,
    top_p: topP,
    // Elsewhere 0 and -1 mean no limit.
    top_k: topK === undefined || topK <= 0 ? undefined : Math.ceil(topK),
  };
}

/** What is sent of it, and what is told of the rest. */
export interface FittedSampling {
  readonly sampling: Sampling;
  readonly droppedParams: readonly string[];
  readonly degradations: readonly string[];
}

const NONE: readonly string[] = [];
/** OpenAI goes up to 2, Anthropic to 1. */
const MAX_TEMPERATURE = 1;

/**
 * What is sent of it. Newer models refuse all of it, thinking ones too, and no model takes `temperature` with `top_p`:
 * temperature is what clients set on purpose.
 */
export function fitSampling(sampling: Sampling, isAccepted: boolean): FittedSampling {
  if (!isAccepted) {
    const droppedParams = NAMES.filter((name) => sampling[name] !== undefined);
    return { sampling: {}, droppedParams, degradations: NONE };
  }
  const { temperature, top_p: topP } = sampling;
  if (temperature === undefined) return { sampling, droppedParams: NONE, degradations: NONE };
  const isClamped = temperature > MAX_TEMPERATURE;
  return {
    sampling: { ...sampling, temperature: isClamped ? MAX_TEMPERATURE : temperature, top_p: undefined },
    droppedParams: topP === undefined || topP === 1 ? NONE : ["top_p"],
    degradations: isClamped ? [`temperature=${MAX_TEMPERATURE}`] : NONE,
  };
}

const NAMES = ["temperature", "top_p", "top_k"] as const;

function readNumber(body: JsonObject, field: string, max: number, min = 0): number | undefined {
  const value = body[field];
  if (isAbsent(value)) return undefined;
  const number = numberIn(value);
  if (number !== undefined && number >= min && number <= max) return number;
  const range = max === Number.MAX_SAFE_INTEGER ? `from ${min} up` : `from ${min} to ${max}`;
  throw new TranslationError(field, `${field} must be a number ${range}, not ${number ?? kindOf(value)}`);
}
