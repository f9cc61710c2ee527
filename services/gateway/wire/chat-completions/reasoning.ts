import {
  isAbsent,
  isObject,
  kindOf,
  numberIn,
  quote,
  requireObject,
  stringIn,
  TranslationError,
} from "../../json/client-value";
import type { JsonObject, JsonValue } from "../../json/json-value";
import type { Effort } from "../shared/model-capabilities";
import type { ReasoningOptions } from "../shared/reasoning";

type Level = "none" | "minimal" | Effort;

const LEVELS: readonly string[] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/**
 * How much the model is to think: `thinking` (Anthropic's), `reasoning` (OpenRouter's) or `reasoning_effort` (OpenAI's).
 * The most exact one counts, in this order.
 * @throws TranslationError
 */
export function readReasoningOptions(body: JsonObject): ReasoningOptions {
  const level = readLevel(body["reasoning_effort"], "reasoning_effort");
  if (!isAbsent(body["thinking"])) return readThinking(requireObject(body["thinking"], "thinking"), level);
  if (!isAbsent(body["reasoning"]))
    return readReasoning(requireObject(body["reasoning"], "reasoning"), level);
  return toOptions(level);
}

function readThinking(thinking: JsonObject, level: Level | undefined): ReasoningOptions {
  const type = stringIn(thinking["type"]);
  const isHidden = stringIn(thinking["display"]) === "omitted";
  if (type === "disabled") return { kind: "off" };
  if (type !== "enabled" && type !== "adaptive") {
    const found = type === undefined ? kindOf(thinking["type"]) : quote(type);
    throw new TranslationError(
      "thinking.type",
      `thinking.type must be enabled, adaptive or disabled, not ${found}`,
    );
  }
  const effort = level === "none" ? undefined : level;
  const tokens =
    type === "enabled" ? readTokens(thinking["budget_tokens"], "thinking.budget_tokens") : undefined;
  if (tokens !== undefined) return { kind: "budget", tokens, effort, isHidden };
  return effort === undefined ? { kind: "adaptive", isHidden } : { kind: "effort", effort, isHidden };
}

function readReasoning(reasoning: JsonObject, level: Level | undefined): ReasoningOptions {
  const isHidden = reasoning["exclude"] === true;
  if (reasoning["enabled"] === false) return { kind: "off" };
  const own = readLevel(reasoning["effort"], "reasoning.effort") ?? level;
  const tokens = readTokens(reasoning["max_tokens"], "reasoning.max_tokens");
  if (tokens !== undefined && own !== "none") return { kind: "budget", tokens, effort: own, isHidden };
  if (own === undefined && reasoning["enabled"] === true) return { kind: "adaptive", isHidden };
  return toOptions(own, isHidden);
}

function toOptions(level: Level | undefined, isHidden = false): ReasoningOptions {
  if (level === undefined) return { kind: "default" };
  return level === "none" ? { kind: "off" } : { kind: "effort", effort: level, isHidden };
}

/** LiteLLM also takes an object that holds the level. */
function readLevel(value: JsonValue | undefined, path: string): Level | undefined {
  if (isAbsent(value)) return undefined;
  if (isObject(value)) return readLevel(value["effort"] ?? null, `${path}.effort`);
  const level = stringIn(value);
  if (level !== undefined && LEVELS.includes(level)) return level as Level;
  const found = level === undefined ? kindOf(value) : quote(level);
  throw new TranslationError(path, `${path} must be one of ${LEVELS.join(", ")}, not ${found}`);
}

function readTokens(value: JsonValue | undefined, path: string): number | undefined {
  if (isAbsent(value)) return undefined;
  const tokens = numberIn(value);
  if (tokens !== undefined && Number.isSafeInteger(tokens) && tokens >= 1) return tokens;
  throw new TranslationError(
    path,
    `${path} must be an integer of at least 1, not ${tokens ?? kindOf(value)}`,
  );
}
