import { RawText } from "../../../../services/gateway/json/json-value";
import { estimateInput } from "../../../../services/gateway/messages/estimate-input";
import type { ContentBlock, MessagesRequest } from "../../../../services/gateway/messages/request";

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
