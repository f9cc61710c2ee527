import { RawText } from "../../../../../services/gateway/json/json-value";
import type { ContentBlock, MessagesRequest } from "../../../../../services/gateway/wire/internal/request";
import {
  addUsage,
  estimateInput,
  judgeUsage,
  mergeUsage,
  NO_USAGE,
} from "../../../../../services/gateway/wire/internal/usage";

describe("usage", () => {
  test("takes over every counter", () => {
    const reported = {
      input_tokens: 1,
      output_tokens: 2,
      cache_read_input_tokens: 3,
      cache_creation_input_tokens: 9,
      cache_creation: { ephemeral_5m_input_tokens: 4, ephemeral_1h_input_tokens: 5 },
      output_tokens_details: { thinking_tokens: 1 },
      server_tool_use: { web_search_requests: 1 },
      inference_geo: "us",
    };
    expect(mergeUsage(NO_USAGE, reported)).toEqual({
      inputTokens: 1,
      outputTokens: 2,
      cacheReadTokens: 3,
      cacheWriteTokens: 9,
      cacheWrite1hTokens: 5,
      thinkingTokens: 1,
      webSearches: 1,
      isUsOnly: true,
      iterations: [],
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
      server_tool_use: { web_search_requests: 6 },
      inference_geo: "us",
    });
    const { isUsOnly, iterations, ...counters } = one;
    const twice = Object.fromEntries(Object.entries(counters).map(([name, count]) => [name, 2 * count]));
    expect(addUsage(one, one)).toEqual({ ...twice, isUsOnly, iterations });
    expect(addUsage(one, NO_USAGE)).toEqual(one);
  });

  describe("several answers for one request", () => {
    const compaction = { type: "compaction", input_tokens: 180_000, output_tokens: 3500 };
    const message = {
      type: "message",
      input_tokens: 23_000,
      output_tokens: 1000,
      cache_read_input_tokens: 5,
    };
    const reported = { ...message, iterations: [compaction, message] };

    test("count together: the provider leaves summaries out of its sums", () => {
      expect(mergeUsage(NO_USAGE, reported)).toMatchObject({
        inputTokens: 203_000,
        outputTokens: 4500,
        cacheReadTokens: 5,
        iterations: [
          { inputTokens: 180_000, outputTokens: 3500, cacheReadTokens: 0 },
          { inputTokens: 23_000, outputTokens: 1000, cacheReadTokens: 5 },
        ],
      });
    });

    test("are not counted twice by a later report, nor forgotten", () => {
      const first = mergeUsage(NO_USAGE, reported);
      expect(mergeUsage(first, reported)).toEqual(first);
      expect(mergeUsage(first, { output_tokens: 4500, iterations: null })).toEqual(first);
      expect(mergeUsage(first, { output_tokens: 1200, input_tokens: 23_000 })).toEqual(first);
    });

    test("are never less than the provider's own sums", () => {
      const odd = [
        {},
        null,
        "x",
        { type: "message", input_tokens: -5, output_tokens: 2.5, iterations: [reported] },
      ];
      expect(mergeUsage(NO_USAGE, { input_tokens: 7, output_tokens: 9, iterations: odd })).toMatchObject({
        inputTokens: 7,
        outputTokens: 9,
      });
    });

    test.each([[], null, "x", {}, 5])("%j are none", (iterations) => {
      expect(mergeUsage(NO_USAGE, { input_tokens: 7, iterations }).iterations).toEqual([]);
    });
  });

  test.each([
    [{ inference_geo: "us" }, true],
    [{ inference_geo: "global" }, false],
    [{ inference_geo: "not_available" }, false],
    [{ inference_geo: null }, false],
  ])("%j has to stay in the US: %p", (reported, expected) => {
    expect(mergeUsage(NO_USAGE, reported).isUsOnly).toBe(expected);
  });
});

describe("estimate input", () => {
  const request = (...content: ContentBlock[]): MessagesRequest => ({
    model: "m",
    max_tokens: 1,
    messages: [{ role: "user", content }],
  });
  const base64 = (type: string, bytes: number): ContentBlock => ({
    type,
    source: { type: "base64", media_type: "x/y", data: RawText.of("A".repeat(bytes)) },
  });

  test.each<[string, ContentBlock[], number, number]>([
    ["text", [{ type: "text", text: "hello" }], 300, 100],
    ["an odd number of bytes", [], 301, 101],
    ["nothing", [], 0, 1],
    ["an image: not its bytes", [base64("image", 90_000)], 90_300, 100 + 1600],
    [
      "an image behind a URL",
      [{ type: "image", source: { type: "url", url: "https://x/y.png" } }],
      300,
      100 + 1600,
    ],
    ["a short PDF", [base64("document", 600)], 900, 100 + 3000],
    ["a long PDF", [base64("document", 250_000)], 250_300, 100 + 9000],
    ["a document of text", [{ type: "document", source: { type: "text", data: "abc" } }], 300, 100],
    [
      "an image in the result of a tool",
      [{ type: "tool_result", tool_use_id: "t", content: [base64("image", 3000)] }],
      3300,
      100 + 1600,
    ],
    [
      "an image in a document of blocks",
      [{ type: "document", source: { type: "content", content: [base64("image", 3000)] } }],
      3300,
      100 + 1600,
    ],
  ])("%s", (_name, content, bytes, expected) => {
    expect(estimateInput(request(...content), bytes)).toBe(expected);
  });

  test("looks no deeper than results of tools can be", () => {
    let block = base64("image", 300);
    for (let depth = 0; depth < 100; depth += 1) block = { type: "tool_result", content: [block] };
    expect(estimateInput(request(block), 600)).toBe(200);
  });
});
