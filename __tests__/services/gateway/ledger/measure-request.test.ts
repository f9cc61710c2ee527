import { RawText } from "../../../../services/gateway/json/json-value";
import type { RequestSize } from "../../../../services/gateway/ledger/cost-bound";
import { type MeasuredRequest, measureRequest } from "../../../../services/gateway/ledger/measure-request";

const WINDOW = 1_000_000;
const text = { type: "text", text: "hi" };
const long = { ...text, cache_control: { type: "ephemeral", ttl: "1h" } };
const short = { ...text, cache_control: { type: "ephemeral" } };
const image = { type: "image", source: { type: "url", url: "https://example.org/a.png" } };
const plain = { type: "document", source: { type: "text", media_type: "text/plain", data: "x".repeat(50) } };
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
  expect(measure({ messages: [user({ type: "web_fetch_tool_result", content: fetched })] }).addedTokens).toBe(
    WINDOW,
  );
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
