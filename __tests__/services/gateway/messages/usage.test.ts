import { addUsage, judgeUsage, mergeUsage, NO_USAGE } from "../../../../services/gateway/messages/usage";

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

test("the largest count stands: a later one takes nothing back", () => {
  const known = { ...NO_USAGE, inputTokens: 5, cacheWriteTokens: 7, cacheWrite1hTokens: 2 };
  const zero = { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 };
  expect(mergeUsage(known, { input_tokens: 3, cache_creation: zero })).toEqual(known);
  expect(mergeUsage(known, { input_tokens: 0, cache_creation_input_tokens: 0 })).toEqual(known);
});

test("writes to the cache are never less than their parts", () => {
  const cache_creation = { ephemeral_5m_input_tokens: 4, ephemeral_1h_input_tokens: 5 };
  expect(mergeUsage(NO_USAGE, { cache_creation_input_tokens: 0, cache_creation }).cacheWriteTokens).toBe(9);
});

test.each<[unknown, boolean, boolean, number | null | undefined]>([
  [undefined, false, false, undefined],
  [{}, false, false, undefined],
  [{ input_tokens: 1, output_tokens: 2 }, true, false, 2],
  [{ input_tokens: 0, cache_read_input_tokens: 1 }, true, false, undefined],
  [{ input_tokens: 0, output_tokens: 0 }, false, false, 0],
  [{ input_tokens: null, output_tokens: null }, false, false, undefined],
  [{ input_tokens: "1", output_tokens: "1" }, false, true, null],
  [{ input_tokens: 1, cache_creation_input_tokens: -1 }, true, true, undefined],
  [{ input_tokens: 1e30, output_tokens: 1e30 }, false, true, null],
  [{ input_tokens: 1.5, output_tokens: 1.5 }, false, true, null],
])("%j is judged", (reported, hasPrompt, isPromptDoubtful, outputTokens) => {
  expect(judgeUsage(reported)).toEqual({ hasPrompt, isPromptDoubtful, outputTokens });
});

test("adds every counter", () => {
  const one = mergeUsage(NO_USAGE, {
    input_tokens: 1,
    output_tokens: 2,
    cache_read_input_tokens: 3,
    cache_creation: { ephemeral_5m_input_tokens: 4, ephemeral_1h_input_tokens: 5 },
    output_tokens_details: { thinking_tokens: 1 },
  });
  const twice = Object.fromEntries(Object.entries(one).map(([name, count]) => [name, 2 * count]));
  expect(addUsage(one, one)).toEqual(twice);
});
