import { parseConfigFile } from "../../../../services/gateway/config-file/parse";
import { readExtraPrices, readPrices } from "../../../../services/gateway/config-file/read-prices";
import { computeCostNanoUsd } from "../../../../services/gateway/pricing/cost";

const infoOf = (info: string) =>
  parseConfigFile(`
model_list:
  - model_name: m
    litellm_params: { model: anthropic/claude-x }
    model_info: { ${info} }
`).model_list[0]?.model_info;
const read = (info: string) => readPrices(infoOf(info));
const readExtra = (info: string) => readExtraPrices(infoOf(info));
const BASE = "input_cost_per_token: 3e-06, output_cost_per_token: 1.5e-05";

test("no price is no price", () => {
  expect(read("mode: chat")).toBeUndefined();
});

test("what is left out of cache prices follows from the input price", () => {
  expect(read(BASE)).toEqual({
    inputPicoUsd: 3_000_000,
    outputPicoUsd: 15_000_000,
    cacheReadPicoUsd: 3_000_000,
    cacheWritePicoUsd: 3_750_000,
    cacheWrite1hPicoUsd: 6_000_000,
  });
});

test("LiteLLM's tiers, several of them, and what a tier does not say", () => {
  const prices = read(
    `${BASE}, cache_read_input_token_cost: 3e-07, input_cost_per_token_above_200k_tokens: 1.2e-05,
     input_cost_per_token_above_128k_tokens: 6e-06, output_cost_per_token_above_128k_tokens: 2.25e-05,
     cache_creation_input_token_cost_above_1hr_above_200k_tokens: 9.9e-05`,
  );
  expect(prices?.longPrompt).toEqual({
    aboveTokens: 128_000,
    prices: {
      inputPicoUsd: 6_000_000,
      outputPicoUsd: 22_500_000,
      cacheReadPicoUsd: 600_000,
      cacheWritePicoUsd: 7_500_000,
      cacheWrite1hPicoUsd: 12_000_000,
      longPrompt: {
        aboveTokens: 200_000,
        prices: {
          inputPicoUsd: 12_000_000,
          outputPicoUsd: 22_500_000,
          cacheReadPicoUsd: 1_200_000,
          cacheWritePicoUsd: 15_000_000,
          cacheWrite1hPicoUsd: 99_000_000,
        },
      },
    },
  });
  const cost = (inputTokens: number) =>
    prices &&
    computeCostNanoUsd({ inputTokens, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 }, prices);
  expect([cost(128_000), cost(128_001), cost(200_001)]).toEqual([384_000_000, 768_006_000, 2_400_012_000]);
});

test("a tier price of a name that nobody knows is refused", () => {
  expect(() => read(`${BASE}, input_cost_per_token_above_7k_tokens: 1`)).toThrow(/above_7k_tokens/);
});

test("what a search of the web costs, and an answer in the US, in LiteLLM's words", () => {
  const sizes =
    "search_context_size_low: 0.005, search_context_size_medium: 0.012, search_context_size_high: 0.01";
  expect(readExtra(`${BASE}, search_context_cost_per_query: { ${sizes} }`)).toEqual({
    webSearchNanoUsd: 12_000_000,
  });
  expect(readExtra(`${BASE}, provider_specific_entry: { us: 1.1, fast: 6 }`)).toEqual({ usPercent: 110 });
  expect(() => read(`${BASE}, provider_specific_entry: { us: 0.5 }`)).toThrow(/from 1 to 10/);
});
