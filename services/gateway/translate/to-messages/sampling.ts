import type { JsonObject } from "../../json/json-value";
import { TranslationError } from "../translation-error";
import { isAbsent, kindOf, numberIn } from "./read-value";

/** How the next token is chosen. */
export interface Sampling {
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
    // OpenAI goes up to 2, Anthropic to 1.
    temperature: temperature === undefined ? undefined : Math.min(temperature, 1),
    top_p: topP,
    // Elsewhere 0 and -1 mean no limit.
    top_k: topK === undefined || topK <= 0 ? undefined : Math.ceil(topK),
  };
}

/**
 * What is sent of it. Newer models refuse all of it, thinking ones too, and no model takes `temperature` with `top_p`:
 * temperature is what clients set on purpose.
 */
export function fitSampling(
  sampling: Sampling,
  isAccepted: boolean,
): { readonly sampling: Sampling; readonly droppedParams: readonly string[] } {
  if (!isAccepted)
    return { sampling: {}, droppedParams: NAMES.filter((name) => sampling[name] !== undefined) };
  if (sampling.temperature === undefined || sampling.top_p === undefined)
    return { sampling, droppedParams: [] };
  return {
    sampling: { ...sampling, top_p: undefined },
    droppedParams: sampling.top_p === 1 ? [] : ["top_p"],
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
