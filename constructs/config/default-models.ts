/**
 * Models offered when platform.yaml names none.
 * Prices: Anthropic's published list, USD per million tokens.
 */
export const DEFAULT_MODELS = [
  {
    name: "claude-sonnet-4-5",
    deployments: [{ provider: "anthropic", model: "claude-sonnet-4-5-20250929" }],
    prices: { input: 3, output: 15, cacheRead: 0.3, cacheWrite5m: 3.75, cacheWrite1h: 6 },
    maxOutputTokens: 64_000,
  },
  {
    name: "claude-haiku-4-5",
    deployments: [{ provider: "anthropic", model: "claude-haiku-4-5-20251001" }],
    prices: { input: 1, output: 5, cacheRead: 0.1, cacheWrite5m: 1.25, cacheWrite1h: 2 },
    maxOutputTokens: 64_000,
  },
  {
    name: "claude-opus-4-5",
    deployments: [{ provider: "anthropic", model: "claude-opus-4-5-20251101" }],
    prices: { input: 5, output: 25, cacheRead: 0.5, cacheWrite5m: 6.25, cacheWrite1h: 10 },
    maxOutputTokens: 64_000,
  },
];
