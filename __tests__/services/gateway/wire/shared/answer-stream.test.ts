import { encodeData, encodeNamed } from "../../../../../services/gateway/wire/shared/answer-stream";

const decode = (byteText: string) => Buffer.from(byteText, "latin1").toString("utf8");

test("a value is one event, with one character for each byte of UTF-8", () => {
  const encoded = encodeData({ a: "ü\n€" });
  expect(encoded).toHaveLength(Buffer.byteLength(decode(encoded)));
  expect(decode(encoded)).toBe('data: {"a":"ü\\n€"}\n\n');
});

test("a named event says its name first", () => {
  expect(encodeNamed("ping", { type: "ping" })).toBe('event: ping\ndata: {"type":"ping"}\n\n');
});
