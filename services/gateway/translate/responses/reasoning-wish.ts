import type { JsonObject, JsonValue } from "../../json/json-value";
import type { Effort } from "../to-messages/model-capabilities";
import { isAbsent, isList, kindOf, quote, requireObject, textIn } from "../to-messages/read-value";
import type { ReasoningWish } from "../to-messages/reasoning";
import { TranslationError } from "../translation-error";

const EFFORTS: ReadonlySet<string> = new Set(["minimal", "low", "medium", "high", "xhigh", "max"]);

/** What the client wants of the model's reasoning. */
export interface ReadReasoning {
  readonly wish: ReasoningWish;
  /** Whether it wants to see a summary. */
  readonly isShown: boolean;
}

/** `reasoning`. @throws TranslationError for a level that this API does not have */
export function readReasoning(reasoning: JsonValue | undefined): ReadReasoning {
  const given: JsonObject = isAbsent(reasoning) ? {} : requireObject(reasoning, "reasoning");
  // `generate_summary` is the old name.
  const isShown = !isAbsent(given["summary"]) || !isAbsent(given["generate_summary"]);
  if (isAbsent(given["effort"])) return { wish: { kind: "default" }, isShown };
  const effort = textIn(given["effort"]);
  if (effort === "none") return { wish: { kind: "off" }, isShown };
  if (effort !== undefined && EFFORTS.has(effort)) {
    return { wish: { kind: "effort", effort: effort as "minimal" | Effort, isHidden: !isShown }, isShown };
  }
  throw new TranslationError(
    "reasoning.effort",
    `reasoning.effort must be none, ${[...EFFORTS].join(", ")}, not ${effort === undefined ? kindOf(given["effort"]) : quote(effort)}`,
  );
}

/** `include`: all it can name but the reasoning is about tools that only OpenAI has. @throws TranslationError */
export function includesReasoning(include: JsonValue | undefined): boolean {
  if (isAbsent(include)) return false;
  if (!isList(include)) {
    throw new TranslationError("include", `include must be a list of names, not ${kindOf(include)}`);
  }
  return include.some((name) => textIn(name) === "reasoning.encrypted_content");
}
