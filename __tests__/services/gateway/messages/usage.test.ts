import { mergeUsage, NO_USAGE } from "../../../../services/gateway/messages/usage";

test("takes over every counter", () => {
  const reported = {
    input_tokens: 1,
    output_tokens: 2,
    cache_read_input_tokens: 3,
    cache_creation_input_tokens: 9,
    cache_creation: { ephemeral_5m_input_tokens: 4, ephemeral_1h_input_tokens: 5 },
    output_tokens_details: { thinking_tokens: 1 },
    server_tool_use: { web_search_requests: 1 },
  };
  expect(mergeUsage(NO_USAGE, reported)).toEqual({
    inputTokens: 1,
    outputTokens: 2,
    cacheReadTokens: 3,
    cacheWriteTokens: 9,
    cacheWrite1hTokens: 5,
    thinkingTokens: 1,
  });
});

test("writes to the cache are their parts when the sum is not reported", () => {
  const reported = { cache_creation: { ephemeral_5m_input_tokens: 4, ephemeral_1h_input_tokens: 5 } };
  expect(mergeUsage(NO_USAGE, reported)).toMatchObject({ cacheWriteTokens: 9, cacheWrite1hTokens: 5 });
});

test.each([null, undefined, 5, "x", {}, { output_tokens: null, cache_creation: null }])(
  "%j reports nothing",
  (reported) => {
    const known = { ...NO_USAGE, outputTokens: 5, cacheWriteTokens: 6, cacheWrite1hTokens: 2 };
    expect(mergeUsage(known, reported)).toEqual(known);
  },
);

test.each([-1, 1.5, 1e300, "7", true, null])("%j is no count", (output_tokens) => {
  expect(mergeUsage({ ...NO_USAGE, outputTokens: 5 }, { output_tokens }).outputTokens).toBe(5);
});

test("the last count stands, also a smaller one", () => {
  expect(mergeUsage({ ...NO_USAGE, inputTokens: 5 }, { input_tokens: 3 }).inputTokens).toBe(3);
});
