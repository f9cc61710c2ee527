import { TranslationError } from "../translation-error";
import type { AnthropicRequest } from "./anthropic-types";
import { translateMessages } from "./messages";
import { findCapabilities } from "./model-capabilities";
import type { ChatCompletionRequest } from "./openai-types";
import { sortFields } from "./request-fields";

/** What is known of the deployment that will answer. */
export interface RequestTarget {
  /** The provider's name of the model. */
  readonly upstreamModel: string;
  /** Most tokens of an answer. @default - what is known of the model */
  readonly maxOutputTokens?: number | undefined;
  /** Whether parameters without a counterpart may be left out. */
  readonly mayDropParams: boolean;
}

/** A request for Anthropic, and what was left out of it. */
export interface TranslatedRequest {
  readonly request: AnthropicRequest;
  /** Names of fields of the original that have no counterpart. */
  readonly droppedParams: readonly string[];
}

/**
 * OpenAI chat completion → Anthropic message. The upstream is always asked to stream, also for a JSON answer:
 * a long answer would otherwise run into the time limits of every hop.
 * @throws TranslationError naming the field
 */
export function translateRequest(body: ChatCompletionRequest, target: RequestTarget): TranslatedRequest {
  const capabilities = findCapabilities(target.upstreamModel);
  const dropped = sortFields(body, target.mayDropParams);
  const { system, messages } = translateMessages(body.messages);
  const maxOutput = target.maxOutputTokens ?? capabilities.maxOutputTokens;
  const stops = readStops(body["stop"]);
  const sampling = readSampling(body);
  const hasSampling = Object.keys(sampling).length > 0;
  if (hasSampling && !capabilities.acceptsSampling) dropped.push(...Object.keys(sampling));
  return {
    request: {
      model: target.upstreamModel,
      max_tokens: Math.min(readMaxTokens(body) ?? maxOutput, maxOutput),
      ...(system.length > 0 ? { system } : {}),
      messages,
      ...(stops.length > 0 ? { stop_sequences: stops } : {}),
      ...(capabilities.acceptsSampling ? onlyOneOf(sampling, dropped) : {}),
      stream: true,
    },
    droppedParams: dropped,
  };
}

function readMaxTokens(body: ChatCompletionRequest): number | undefined {
  for (const field of ["max_completion_tokens", "max_tokens"]) {
    const value = body[field];
    if (value === undefined || value === null) continue;
    if (typeof value !== "number" || !Number.isInteger(value) || value < 1) {
      throw new TranslationError(field, `${field} must be a whole number of at least 1`);
    }
    return value;
  }
  return undefined;
}

interface Sampling {
  temperature?: number;
  top_p?: number;
}

function readSampling(body: ChatCompletionRequest): Sampling {
  const temperature = readNumber(body, "temperature", 2);
  const topP = readNumber(body, "top_p", 1);
  return {
    // OpenAI goes up to 2, Anthropic to 1.
    ...(temperature === undefined ? {} : { temperature: Math.min(temperature, 1) }),
    ...(topP === undefined ? {} : { top_p: topP }),
  };
}

/** Anthropic's models refuse both at once; temperature is what clients set on purpose. */
function onlyOneOf(sampling: Sampling, dropped: string[]): Sampling {
  if (sampling.temperature === undefined || sampling.top_p === undefined) return sampling;
  if (sampling.top_p !== 1) dropped.push("top_p");
  return { temperature: sampling.temperature };
}

function readNumber(body: ChatCompletionRequest, field: string, max: number): number | undefined {
  const value = body[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || value < 0 || value > max) {
    throw new TranslationError(field, `${field} must be a number from 0 to ${max}`);
  }
  return value;
}

function readStops(stop: unknown): string[] {
  if (stop === undefined || stop === null) return [];
  const list: unknown[] = Array.isArray(stop) ? stop : [stop];
  return list.flatMap((item) => {
    if (typeof item !== "string") throw new TranslationError("stop", "stop must be text or a list of texts");
    // Anthropic refuses blank stop sequences; without them the answer only gets longer.
    return item.trim() === "" ? [] : [item];
  });
}
