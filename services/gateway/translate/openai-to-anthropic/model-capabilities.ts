/** What a model accepts; decides which parameters are sent. */
export interface ModelCapabilities {
  /** Most tokens of an answer. */
  readonly maxOutputTokens: number;
  /** Whether `temperature` and `top_p` are accepted at all. */
  readonly acceptsSampling: boolean;
}

const newest: ModelCapabilities = { maxOutputTokens: 128_000, acceptsSampling: false };

/** First match wins, so longer names stand before their prefixes. Source: Anthropic's model documentation. */
const TABLE: readonly (readonly [idContains: string, capabilities: ModelCapabilities])[] = [
  ["sonnet-5", newest],
  ["opus-5", newest],
  ["haiku-5", newest],
  ["fable-5", newest],
  ["opus-4-7", newest],
  ["opus-4-8", newest],
  ["opus-4-6", { maxOutputTokens: 128_000, acceptsSampling: true }],
  ["sonnet-4-6", { maxOutputTokens: 128_000, acceptsSampling: true }],
  ["opus-4-5", { maxOutputTokens: 64_000, acceptsSampling: true }],
  ["sonnet-4-5", { maxOutputTokens: 64_000, acceptsSampling: true }],
  ["haiku-4-5", { maxOutputTokens: 64_000, acceptsSampling: true }],
  ["opus-4", { maxOutputTokens: 32_000, acceptsSampling: true }],
  ["sonnet-4", { maxOutputTokens: 64_000, acceptsSampling: true }],
];

/** A model that is not in the table counts as newer than all that are. */
export function findCapabilities(upstreamModel: string): ModelCapabilities {
  return TABLE.find(([part]) => upstreamModel.includes(part))?.[1] ?? newest;
}
