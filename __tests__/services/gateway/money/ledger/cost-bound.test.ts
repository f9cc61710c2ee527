import { RawText } from "../../../../../services/gateway/json/json-value";
import {
  affordableTokens,
  boundCost,
  type MeasuredRequest,
  measureRequest,
  type RequestSize,
} from "../../../../../services/gateway/money/ledger/cost-bound";

describe("cost bound", () => {
  const prices = {
    inputPicoUsd: 3_000_000,
    outputPicoUsd: 15_000_000,
    cacheReadPicoUsd: 300_000,
    cacheWritePicoUsd: 3_750_000,
  };
  const size = { bytes: 1000, turns: 2, maxTokens: 32_000 };
  /** 1000 bytes, 64 for the frame, 16 for each turn, at the dearest price. */
  const INPUT_NANO = (1000 + 64 + 32) * 3750;

  test("every byte counts as a token at the dearest input price", () => {
    expect(boundCost(size, [prices])).toEqual({
      fullNano: INPUT_NANO + 32_000 * 15_000,
      preferredNano: INPUT_NANO + 4096 * 15_000,
      leastNano: INPUT_NANO + 256 * 15_000,
    });
  });

  test("a short answer is its own ample and least one", () => {
    const { fullNano, preferredNano, leastNano } = boundCost({ ...size, maxTokens: 100 }, [prices]);
    expect([preferredNano, leastNano]).toEqual([fullNano, fullNano]);
  });

  test("of several deployments the dearest counts", () => {
    const dear = { ...prices, outputPicoUsd: 75_000_000 };
    expect(boundCost(size, [prices, dear])).toEqual(boundCost(size, [dear]));
    const amount = boundCost(size, [dear]).preferredNano;
    expect(affordableTokens(size, [prices, dear], amount)).toBe(4096);
  });

  test.each([1, 255, 4096, 31_999])("an amount for %s tokens pays for %s tokens", (tokens) => {
    const amount = INPUT_NANO + tokens * 15_000;
    expect(affordableTokens(size, [prices], amount)).toBe(tokens);
    expect(affordableTokens(size, [prices], amount - 1)).toBe(tokens - 1);
  });

  test("never more than was asked for, also when answers cost nothing", () => {
    expect(affordableTokens(size, [prices], 10 ** 12)).toBe(32_000);
    expect(affordableTokens(size, [{ ...prices, outputPicoUsd: 0 }], INPUT_NANO)).toBe(32_000);
  });

  test("with a dearer price for long prompts the bound counts on it", () => {
    const tiered = {
      ...prices,
      longPrompt: { aboveTokens: 100_000, prices: { ...prices, outputPicoUsd: 30_000_000 } },
    };
    expect(boundCost(size, [tiered]).fullNano).toBe(INPUT_NANO + 32_000 * 30_000);
    expect(affordableTokens(size, [tiered], INPUT_NANO + 30_000 * 7)).toBe(7);
  });

  test("an hour in the cache counts at its own price, when it is asked for", () => {
    const long = { ...prices, cacheWrite1hPicoUsd: 6_000_000 };
    expect(boundCost(size, [long])).toEqual(boundCost(size, [prices]));
    const asked = { ...size, hasLongCache: true, maxTokens: 0 };
    expect(boundCost(asked, [long]).fullNano).toBe((1000 + 64 + 32) * 6000);
    // A provider without a price of its own for it bills what five minutes cost.
    expect(boundCost(asked, [prices]).fullNano).toBe(INPUT_NANO);
  });

  test("what is no text counts beside the bytes", () => {
    const seen = { ...size, maxTokens: 0, addedTokens: 210_000 };
    expect(boundCost(seen, [prices]).fullNano).toBe(INPUT_NANO + 210_000 * 3750);
  });

  test("a request that may have to stay in the US counts at what that costs, in every tier", () => {
    const us = {
      ...prices,
      usPercent: 110,
      longPrompt: { aboveTokens: 100_000, prices: { ...prices, outputPicoUsd: 30_000_000 } },
    };
    const bound = boundCost(size, [us]).fullNano;
    expect(bound).toBe(((1000 + 64 + 32) * 4125_000 + 32_000 * 33_000_000) / 1000);
    expect(affordableTokens(size, [us], bound)).toBe(32_000);
    expect(affordableTokens(size, [us], bound - 1)).toBe(31_999);
    expect(boundCost({ ...size, isGlobal: true }, [us]).fullNano).toBe(INPUT_NANO + 32_000 * 30_000);
  });

  test("an answer that cannot be cut so short is its own least, and ample", () => {
    const { preferredNano, leastNano } = boundCost({ ...size, leastTokens: 5000 }, [prices]);
    expect([preferredNano, leastNano]).toEqual([INPUT_NANO + 5000 * 15_000, INPUT_NANO + 5000 * 15_000]);
  });
});

describe("measure request", () => {
  const WINDOW = 1_000_000;
  const text = { type: "text", text: "hi" };
  const long = { ...text, cache_control: { type: "ephemeral", ttl: "1h" } };
  const short = { ...text, cache_control: { type: "ephemeral" } };
  const image = { type: "image", source: { type: "url", url: "https://example.org/a.png" } };
  const plain = {
    type: "document",
    source: { type: "text", media_type: "text/plain", data: "x".repeat(50) },
  };
  const user = (...content: unknown[]) => ({ role: "user", content });

  function measure(request: Partial<MeasuredRequest>, bytes = 0): RequestSize {
    const size = measureRequest({ max_tokens: 1, messages: [], ...request }, bytes, WINDOW);
    if ("param" in size) throw new Error(`refused: ${size.param}`);
    return size;
  }

  test("a plain request", () => {
    const request = { max_tokens: 5, messages: [{ role: "user", content: "hi" }, user(text, short)] };
    expect(measure(request, 99)).toEqual({
      bytes: 99,
      turns: 2,
      maxTokens: 5,
      leastTokens: 256,
      hasLongCache: false,
      addedTokens: 0,
      isGlobal: false,
    });
  });

  test.each<[string, object]>([
    ["a block", { messages: [user(text, long)] }],
    ["a system block", { system: [short, long] }],
    ["a tool", { tools: [{ name: "t", cache_control: { ttl: "1h" } }] }],
    ["a part of a tool result", { messages: [user({ type: "tool_result", content: [long] })] }],
    ["the request itself", { cache_control: { type: "ephemeral", ttl: "1h" } }],
    [
      "a tool that is added later",
      {
        messages: [
          user({
            type: "tool_addition",
            tool: { type: "tool_definition", definition: { name: "t", cache_control: { ttl: "1h" } } },
          }),
        ],
      },
    ],
  ])("an hour in the cache is seen on %s", (_name, request) => {
    expect(measure(request).hasLongCache).toBe(true);
  });

  test("images count wherever they stand, plain text does not", () => {
    const document = { type: "document", source: { type: "content", content: [image, text] } };
    const messages = [user(image, plain), user({ type: "tool_result", content: [image] }), user(document)];
    expect(measure({ messages }).addedTokens).toBe(3 * 5000);
    // A result that is one block, as providers write them.
    const fetched = { type: "web_fetch_result", content: { type: "document", source: { type: "url" } } };
    expect(
      measure({ messages: [user({ type: "web_fetch_tool_result", content: fetched })] }).addedTokens,
    ).toBe(WINDOW);
  });

  test("base64 of images and documents is no text; of all documents together there is one longest prompt", () => {
    const base64 = (type: string, data: unknown) => ({ type, source: { type: "base64", data } });
    const messages = [
      user(base64("image", "a".repeat(1000)), base64("document", RawText.of("b".repeat(2000))), plain),
      user(base64("document", "c".repeat(500))),
      // Text that says so is none.
      user({ type: "text", source: { type: "base64", data: "d".repeat(100) }, text: "" }),
    ];
    expect(measure({ messages }, 5000)).toMatchObject({ bytes: 1500, addedTokens: 5000 + WINDOW });
  });

  test("what is nested deeper than any request counts as the longest prompt", () => {
    let block: object = image;
    for (let depth = 0; depth < 12; depth += 1) block = { type: "tool_result", content: [block] };
    expect(measure({ messages: [user(block)] }).addedTokens).toBe(WINDOW);
  });

  test("a tool that is found by name brings its definition each time", () => {
    const tool = { name: "t", description: "x".repeat(100), input_schema: {} };
    const found = {
      type: "tool_result",
      content: [
        { type: "tool_reference", tool_name: "t" },
        { type: "tool_reference", tool_name: "t" },
        { type: "tool_reference", tool_name: "another" },
      ],
    };
    const without = measure({ tools: [tool], messages: [user(text)] }).addedTokens ?? 0;
    const withReferences = measure({ tools: [tool], messages: [user(found)] }).addedTokens;
    expect(withReferences).toBe(without + 2 * JSON.stringify(tool).length);
  });

  test("thinking needs room beside the answer", () => {
    const thinking = { type: "enabled", budget_tokens: 31_999 };
    expect(measure({ max_tokens: 32_000, thinking }).leastTokens).toBe(1280);
    expect(measure({ max_tokens: 32_000, thinking: { type: "adaptive" } }).leastTokens).toBe(256);
  });

  test("only a request that may be answered anywhere has the plain price", () => {
    const isGlobal = (request: object) => measure(request).isGlobal;
    expect([isGlobal({}), isGlobal({ inference_geo: "us" })]).toEqual([false, false]);
    expect(isGlobal({ inference_geo: "global" })).toBe(true);
  });
});
