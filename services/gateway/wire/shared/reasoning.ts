import type { JsonObject } from "../../json/json-value";
import type { Effort, ModelCapabilities } from "./model-capabilities";

/** How much the client wants the model to think, in any wire API. */
export type ReasoningOptions =
  | { readonly kind: "default" }
  | { readonly kind: "off" }
  | { readonly kind: "effort"; readonly effort: "minimal" | Effort; readonly isHidden?: boolean }
  /** Tokens, as Anthropic's own `thinking` has them. */
  | {
      readonly kind: "budget";
      readonly tokens: number;
      /** For models that know levels only. @default - what comes near the tokens */
      readonly effort?: "minimal" | Effort | undefined;
      readonly isHidden?: boolean;
    }
  /** As much as the model sees fit. */
  | { readonly kind: "adaptive"; readonly isHidden?: boolean };

/** What else decides about thinking. */
export interface ReasoningContext {
  readonly capabilities: ModelCapabilities;
  /** Most tokens of an answer that the client asked for. @default - as many as the model can */
  readonly maxTokens: number | undefined;
  /** Most tokens of an answer that the deployment gives. */
  readonly maxOutputTokens: number;
  /** Whether a model with a budget would refuse to think: see `lacksThinking`; also when it has to continue a text. */
  readonly refusesBudget: boolean;
}

/** The thinking of a request. */
export interface ReasoningPlan {
  /** @default - the field is not sent */
  readonly thinking: JsonObject | undefined;
  /** `output_config.effort`. @default - the model's */
  readonly effort: Effort | undefined;
  readonly maxTokens: number;
  /** Whether the model thinks, as far as is known. */
  readonly isOn: boolean;
  /** Whether it does by a budget, which forbids to demand a tool. */
  readonly isByBudget: boolean;
  readonly degradations: readonly string[];
}

/** Least budget that the upstream accepts, in tokens. */
const MIN_BUDGET = 1024;
/** Tokens to think for each level; models with a budget know no levels. */
const BUDGETS: Readonly<Record<Effort, number>> = {
  low: 4096,
  medium: 8192,
  high: 16_384,
  xhigh: 32_000,
  max: 32_000,
};

/** Decides about `thinking`, `output_config.effort` and `max_tokens`, which a budget counts against. */
export function planReasoning(options: ReasoningOptions, context: ReasoningContext): ReasoningPlan {
  const { capabilities, maxOutputTokens } = context;
  const maxTokens = Math.min(context.maxTokens ?? maxOutputTokens, maxOutputTokens);
  const off: ReasoningPlan = {
    thinking: undefined,
    effort: undefined,
    maxTokens,
    isOn: false,
    isByBudget: false,
    degradations: [],
  };
  const mayUseBudget =
    capabilities.acceptsBudget && !(context.refusesBudget && capabilities.thinkingMode === "adaptive");
  if (options.kind === "budget" && mayUseBudget) return planBudget(options.tokens, true, off, context);
  if (capabilities.thinkingMode === "adaptive") return planAdaptive(options, off, capabilities);
  if (options.kind === "adaptive") return planBudget(BUDGETS.medium, false, off, context);
  if (options.kind !== "effort" || options.effort === "minimal") return off;
  return planBudget(BUDGETS[options.effort], false, off, context);
}

function planAdaptive(
  options: ReasoningOptions,
  off: ReasoningPlan,
  capabilities: ModelCapabilities,
): ReasoningPlan {
  if (options.kind === "off") return turnOff(off, capabilities);
  if (options.kind === "default" && !capabilities.thinksByDefault) return off;
  const isHidden = options.kind !== "default" && options.isHidden === true;
  const effort = effortOf(options, capabilities);
  const isExact = options.kind !== "effort" || options.effort === effort;
  return {
    ...off,
    isOn: true,
    degradations: isExact ? off.degradations : [`reasoning=${effort}`],
    // Newer models leave the text of their thinking out unless they are asked for it.
    thinking: { type: "adaptive", display: isHidden ? "omitted" : "summarized" },
    effort,
  };
}

function turnOff(off: ReasoningPlan, { thinkingOff, efforts }: ModelCapabilities): ReasoningPlan {
  switch (thinkingOff) {
    // No effort is sent along, so it is never over the `high` that some models accept with it.
    case "disabled":
    case "disabled-up-to-high":
      return { ...off, thinking: { type: "disabled" } };
    case "between-tools":
      return { ...off, isOn: true, thinking: { type: "between_tools" } };
    case "never":
      return { ...off, isOn: true, effort: efforts[0], degradations: ["reasoning=low"] };
  }
}

function effortOf(options: ReasoningOptions, { efforts }: ModelCapabilities): Effort | undefined {
  if (options.kind === "default" || options.kind === "off" || options.kind === "adaptive") return undefined;
  const level = options.effort ?? (options.kind === "budget" ? levelOf(options.tokens) : "high");
  return nearest(level === "minimal" ? "low" : level, efforts);
}

function levelOf(tokens: number): Effort {
  if (tokens <= BUDGETS.low) return "low";
  return tokens <= 12_288 ? "medium" : "high";
}

/** A level that the model does not have is its `high`. */
function nearest(effort: Effort, efforts: readonly Effort[]): Effort {
  return efforts.includes(effort) ? effort : "high";
}

/** @param isIncluded whether the client counted the budget into the tokens of the answer, as Anthropic does */
function planBudget(
  tokens: number,
  isIncluded: boolean,
  off: ReasoningPlan,
  { maxTokens: asked, maxOutputTokens: limit, refusesBudget }: ReasoningContext,
): ReasoningPlan {
  if (refusesBudget) return { ...off, degradations: ["reasoning=off"] };
  const wanted = Math.max(tokens, MIN_BUDGET);
  const answer = Math.min(asked ?? limit, limit);
  const isRoomy = isIncluded && answer > wanted;
  const maxTokens = isRoomy ? answer : Math.min(limit, answer + wanted);
  // Where both do not fit, at least half is left for the answer.
  const budget = isRoomy ? wanted : Math.min(wanted, Math.max(limit - answer, Math.floor(limit / 2)));
  if (budget < MIN_BUDGET || budget >= maxTokens) return { ...off, degradations: ["reasoning=off"] };
  return {
    ...off,
    isOn: true,
    isByBudget: true,
    maxTokens,
    thinking: { type: "enabled", budget_tokens: budget },
  };
}
