import { bodyOf } from "../../../../services/gateway/openapi/body-of";

const messages = [{ role: "user", content: "hi" }];

test.each([
  ["/v1/chat/completions", { model: "m", messages, frobnicate: 1 }, { model: "m", messages: [] }],
  ["/messages", { model: "m", max_tokens: 1, messages, stream: true }, { model: "m", messages }],
  ["/v1/messages/count_tokens", { model: "m", messages }, { messages }],
  ["/responses", { model: "m", input: "hi" }, { model: "m" }],
])("POST %s", (url, good, bad) => {
  expect(bodyOf("POST", url)?.safeParse(good).success).toBe(true);
  expect(bodyOf("POST", url)?.safeParse(bad).success).toBe(false);
});

test.each([
  ["GET", "/v1/messages"],
  ["POST", "/key/generate"],
])("none is known for %s %s", (method, url) => {
  expect(bodyOf(method, url)).toBeUndefined();
});
