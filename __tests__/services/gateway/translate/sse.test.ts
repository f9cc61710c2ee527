import { encodeSseData, SseParser, SseTooLargeError } from "../../../../services/gateway/translate/sse";

const STREAM = [
  "\uFEFF: a comment\r\n",
  'event: message_start\r\ndata: {"a":"ü漢🙂"}\r\n\r\n',
  "data:one\ndata: two\n\n",
  "event: lonely\n\n",
  "id: 7\nretry: 10\ndata\n\n",
  "event: ping\rdata: {}\r\r",
  "data:  two spaces\n\n",
  "data: never ended",
].join("");

const EVENTS = [
  { event: "message_start", data: '{"a":"ü漢🙂"}' },
  { event: "message", data: "one\ntwo" },
  { event: "message", data: "" },
  { event: "ping", data: "{}" },
  { event: "message", data: " two spaces" },
];

test("reads events as the standard says", () => {
  expect(new SseParser().push(Buffer.from(STREAM))).toEqual(EVENTS);
});

test("gives the same events wherever the bytes are cut in two", () => {
  const bytes = Buffer.from(STREAM);
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    const parser = new SseParser();
    expect([...parser.push(bytes.subarray(0, cut)), ...parser.push(bytes.subarray(cut))]).toEqual(EVENTS);
  }
});

test("gives the same events byte by byte", () => {
  const parser = new SseParser();
  expect([...Buffer.from(STREAM)].flatMap((byte) => parser.push(Buffer.from([byte])))).toEqual(EVENTS);
});

test("a line without end, and an event without end, are bounded", () => {
  const line = new SseParser(100);
  expect(() => line.push(Buffer.from(`data: ${"x".repeat(200)}`))).toThrow(SseTooLargeError);
  const event = new SseParser(100);
  expect(() => {
    for (let count = 0; count < 20; count += 1) event.push(Buffer.from(`data: ${"x".repeat(50)}\n`));
  }).toThrow(SseTooLargeError);
});

test("an encoded event cannot be broken by its content", () => {
  const payload = { text: "a\n\ndata: [DONE]\r\n" };
  const [event] = new SseParser().push(Buffer.from(encodeSseData(payload)));
  expect(JSON.parse(event?.data ?? "")).toEqual(payload);
});
