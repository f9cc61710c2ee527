import { measureRequest } from "../../../../services/gateway/ledger/measure-request";

const text = { type: "text", text: "hi" };
const long = { ...text, cache_control: { type: "ephemeral", ttl: "1h" } };
const short = { ...text, cache_control: { type: "ephemeral" } };
const image = { type: "image", source: { type: "url", url: "https://example.org/a.png" } };
const pdf = { type: "document", source: { type: "base64", media_type: "application/pdf", data: "" } };
const plain = { type: "document", source: { type: "text", media_type: "text/plain", data: "x" } };
const user = (...content: unknown[]) => ({ role: "user", content });

test("a plain request", () => {
  const request = { max_tokens: 5, messages: [{ role: "user", content: "hi" }, user(text, short)] };
  expect(measureRequest(request, 99)).toEqual({
    bytes: 99,
    turns: 2,
    maxTokens: 5,
    leastTokens: 256,
    hasLongCache: false,
    images: 0,
    pdfs: 0,
  });
});

test.each<[string, object]>([
  ["a block", { messages: [user(text, long)] }],
  ["a system block", { messages: [], system: [short, long] }],
  ["a tool", { messages: [], tools: [{ name: "t", cache_control: { ttl: "1h" } }] }],
  ["a part of a tool result", { messages: [user({ type: "tool_result", content: [long] })] }],
  ["the request itself", { messages: [], cache_control: { type: "ephemeral", ttl: "1h" } }],
])("an hour in the cache is seen on %s", (_name, request) => {
  expect(measureRequest({ max_tokens: 1, ...(request as { messages: [] }) }, 0).hasLongCache).toBe(true);
});

test("images and PDFs are counted wherever they stand, plain text is not", () => {
  const document = { type: "document", source: { type: "content", content: [image, text] } };
  const messages = [user(image, pdf, plain), user({ type: "tool_result", content: [image] }), user(document)];
  expect(measureRequest({ max_tokens: 1, messages }, 0)).toMatchObject({ images: 3, pdfs: 1 });
});

test("thinking needs room beside the answer", () => {
  const thinking = { type: "enabled", budget_tokens: 31_999 };
  expect(measureRequest({ max_tokens: 32_000, messages: [], thinking }, 0).leastTokens).toBe(1280);
  const adaptive = { type: "adaptive" };
  expect(measureRequest({ max_tokens: 32_000, messages: [], thinking: adaptive }, 0).leastTokens).toBe(256);
});
