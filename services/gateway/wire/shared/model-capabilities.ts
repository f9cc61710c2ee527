/** How a model is told how much to think. */
export type ThinkingMode =
  /** `thinking: {type: "adaptive"}` and `output_config.effort`. */
  | "adaptive"
  /** `thinking: {type: "enabled", budget_tokens}`. */
  | "budget";

/** How thinking is turned off. */
export type ThinkingOff =
  /** `thinking: {type: "disabled"}`. */
  | "disabled"
  /** `disabled` is accepted up to effort `high`. */
  | "disabled-up-to-high"
  /** `thinking: {type: "between_tools"}` is the least. */
  | "between-tools"
  /** Not at all. */
  | "never";

export type Effort = "low" | "medium" | "high" | "xhigh" | "max";

/** What a model accepts; decides which parameters are sent, and how. */
export interface ModelCapabilities {
  /** Most tokens of a prompt and its answer together, without beta features. */
  readonly contextTokens: number;
  /** Most tokens of a prompt, with the beta features that the model has. */
  readonly maxInputTokens: number;
  /** Most tokens of an answer. */
  readonly maxOutputTokens: number;
  /** Whether `temperature`, `top_p` and `top_k` are accepted at all. */
  readonly acceptsSampling: boolean;
  readonly thinkingMode: ThinkingMode;
  /** Whether an adaptive model also takes a budget. */
  readonly acceptsBudget: boolean;
  /** Whether the model thinks when nothing is said about it. */
  readonly thinksByDefault: boolean;
  readonly thinkingOff: ThinkingOff;
  /** Levels of `output_config.effort`; empty when the field is refused. */
  readonly efforts: readonly Effort[];
  /** Whether `tool_choice` may demand a tool. No model lets it while it thinks by a budget. */
  readonly acceptsForcedTools: boolean;
  /** Whether `output_config.format` is accepted by Anthropic's own API. */
  readonly hasOutputFormat: boolean;
  /** The same for Bedrock's InvokeModel. */
  readonly hasOutputFormatOnInvoke: boolean;
  /** Whether the last turn may be the assistant's, to be continued. */
  readonly acceptsPrefill: boolean;
}

const ALL_EFFORTS: readonly Effort[] = ["low", "medium", "high", "xhigh", "max"];

/** What counts for every model that nothing else is known of: the strictest. */
const NEWEST: ModelCapabilities = {
  contextTokens: 1_000_000,
  maxInputTokens: 1_000_000,
  maxOutputTokens: 128_000,
  acceptsSampling: false,
  thinkingMode: "adaptive",
  acceptsBudget: false,
  thinksByDefault: true,
  thinkingOff: "never",
  efforts: ALL_EFFORTS,
  acceptsForcedTools: false,
  hasOutputFormat: true,
  hasOutputFormatOnInvoke: false,
  acceptsPrefill: false,
};

const ALWAYS_THINKS: ModelCapabilities = { ...NEWEST, acceptsForcedTools: true };
const ON_BY_DEFAULT: ModelCapabilities = { ...ALWAYS_THINKS, thinkingOff: "disabled-up-to-high" };
const OFF_BY_DEFAULT: ModelCapabilities = {
  ...ALWAYS_THINKS,
  thinksByDefault: false,
  thinkingOff: "disabled",
};
const GENERATION_4_6: ModelCapabilities = {
  ...OFF_BY_DEFAULT,
  acceptsSampling: true,
  acceptsBudget: true,
  efforts: ["low", "medium", "high", "max"],
};
const GENERATION_4_5: ModelCapabilities = {
  ...GENERATION_4_6,
  contextTokens: 200_000,
  maxOutputTokens: 64_000,
  thinkingMode: "budget",
  efforts: [],
  acceptsPrefill: true,
};
/** Of models for which there never was a longer one. */
const SHORT_WINDOW = 200_000;
const GENERATION_4: ModelCapabilities = { ...GENERATION_4_5, hasOutputFormat: false };

/** A model of which nothing is known: clients must not fill a window that it may not have. */
const UNKNOWN: ModelCapabilities = { ...NEWEST, contextTokens: 200_000 };

/** First match wins, so longer names stand before their prefixes. Source: Anthropic's model documentation. */
const CAPABILITIES: readonly (readonly [idContains: string, capabilities: ModelCapabilities])[] = [
  ["sonnet-5-5", { ...NEWEST, thinkingOff: "between-tools" }],
  ["opus-5-5", NEWEST],
  ["haiku-5-5", ON_BY_DEFAULT],
  ["fable-5-", NEWEST],
  ["mythos-5-", NEWEST],
  ["fable-5", ALWAYS_THINKS],
  ["mythos-5", ALWAYS_THINKS],
  ["opus-5", ON_BY_DEFAULT],
  ["sonnet-5", { ...ON_BY_DEFAULT, thinkingOff: "disabled" }],
  ["opus-4-7", OFF_BY_DEFAULT],
  ["opus-4-8", OFF_BY_DEFAULT],
  ["opus-4-6", { ...GENERATION_4_6, hasOutputFormatOnInvoke: true }],
  ["sonnet-4-6", GENERATION_4_6],
  [
    "opus-4-5",
    {
      ...GENERATION_4_5,
      maxInputTokens: SHORT_WINDOW,
      efforts: ["low", "medium", "high"],
      hasOutputFormatOnInvoke: true,
    },
  ],
  ["sonnet-4-5", { ...GENERATION_4_5, hasOutputFormatOnInvoke: true }],
  ["haiku-4-5", { ...GENERATION_4_5, maxInputTokens: SHORT_WINDOW }],
  ["opus-4-1", { ...GENERATION_4_5, maxInputTokens: SHORT_WINDOW, maxOutputTokens: 32_000 }],
  ["opus-4", { ...GENERATION_4, maxInputTokens: SHORT_WINDOW, maxOutputTokens: 32_000 }],
  ["sonnet-4", GENERATION_4],
];

/** What was found, by model: searched for in the table once. Models are those of the configuration, so there are few. */
const found = new Map<string, ModelCapabilities>();
const MAX_FOUND = 1000;

/** A model that is not in the table counts as newer than all that are. */
export function findCapabilities(upstreamModel: string): ModelCapabilities {
  const known = found.get(upstreamModel);
  if (known !== undefined) return known;
  const capabilities = CAPABILITIES.find(([part]) => upstreamModel.includes(part))?.[1] ?? UNKNOWN;
  if (found.size >= MAX_FOUND) found.clear();
  found.set(upstreamModel, capabilities);
  return capabilities;
}
