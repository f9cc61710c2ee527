import { SseParser, SseTooLargeError } from "../../../../services/gateway/providers/sse-parser";
import { encodeEvents } from "../../../support/services/fake-anthropic";
import { ALL_STREAMS, toMessageEvents } from "../../../support/services/message-streams";

const STREAM = [
  "\uFEFF: a comment\r\n",
  'event: message_start\r\ndata: {"a":"ü漢🙂"}\r\n\r\n',
  'data:{"type":"a",\ndata: "b":1}\n\n',
  "event: lonely\n\n",
  ': {"x":1}\n\n\n\n',
  'id: 7\nretry: 10\ndata: {"b":1, "type":"late"}\n\n',
  "event: ping\rdata: {}\r\r",
  "event: empty\ndata\n\n",
  'event:  two spaces\ndata:  {"type":"other"}\n\r\n',
  'event: content_block_delta\ndata: {"type":"content_block_delta"}\nid: 5\n\n',
  'event: \ndata: {"type":"nameless"}\n\n',
  "data: [DONE]\n\n",
  "data: never ended",
].join("");

const EVENTS = [
  { type: "message_start", json: '{"a":"ü漢🙂"}' },
  { type: "a", json: '{"type":"a",\n"b":1}' },
  { type: "late", json: '{"b":1, "type":"late"}' },
  { type: "ping", json: "{}" },
  { type: "empty", json: "" },
  { type: " two spaces", json: ' {"type":"other"}' },
  { type: "content_block_delta", json: '{"type":"content_block_delta"}' },
  { type: "nameless", json: '{"type":"nameless"}' },
];

type Parsed = { type: string; json: string };

function parse(pieces: readonly Uint8Array[]): Parsed[] {
  const parser = new SseParser();
  return pieces
    .flatMap((piece) => parser.push(piece))
    .map(({ type, json }) => ({ type, json: Buffer.from(json, "latin1").toString() }));
}

const inTwo = (bytes: Buffer, cut: number) => [bytes.subarray(0, cut), bytes.subarray(cut)];
const byByte = (bytes: Buffer) => [...bytes].map((byte) => Buffer.from([byte]));

test("reads events as the standard says", () => {
  expect(parse([Buffer.from(STREAM)])).toEqual(EVENTS);
});

test("gives the same events wherever the bytes are cut in two", () => {
  const bytes = Buffer.from(STREAM);
  for (let cut = 0; cut <= bytes.length; cut += 1) expect(parse(inTwo(bytes, cut))).toEqual(EVENTS);
});

test("gives the same events byte by byte", () => {
  expect(parse(byByte(Buffer.from(STREAM)))).toEqual(EVENTS);
});

test.each([
  ["LF", "\n"],
  ["CR LF", "\r\n"],
  ["CR", "\r"],
])("lines that end with %s, cut in two at each byte", (_name, lineEnd) => {
  const lines = ["event: a", 'data: {"n":1}', "", "event: b", 'data: {"n":2}', "", ""];
  const bytes = Buffer.from(lines.join(lineEnd));
  const expected = [
    { type: "a", json: '{"n":1}' },
    { type: "b", json: '{"n":2}' },
  ];
  for (let cut = 0; cut <= bytes.length; cut += 1) expect(parse(inTwo(bytes, cut))).toEqual(expected);
  expect(parse(byByte(bytes))).toEqual(expected);
});

test.each(ALL_STREAMS)("%s, cut in two at each byte", (_name, events) => {
  const bytes = Buffer.from(encodeEvents(events));
  const expected = toMessageEvents(events).map(({ type, json }) => ({
    type,
    json: Buffer.from(json, "latin1").toString(),
  }));
  const seen = new Set<string>();
  for (let cut = 0; cut <= bytes.length; cut += 1) seen.add(JSON.stringify(parse(inTwo(bytes, cut))));
  expect([...seen]).toEqual([JSON.stringify(expected)]);
  expect(parse(byByte(bytes))).toEqual(expected);
});

test("an event without end is bounded, in one piece and in many", () => {
  expect(() => new SseParser(100).push(Buffer.from(`data: ${"x".repeat(200)}`))).toThrow(
    new SseTooLargeError("event over 100 bytes"),
  );
  const parser = new SseParser(100);
  expect(() => {
    for (let count = 0; count < 20; count += 1) parser.push(Buffer.from(`data: ${"x".repeat(50)}\n`));
  }).toThrow(SseTooLargeError);
});

test("what is kept counts anew after each event", () => {
  const parser = new SseParser(100);
  for (let count = 0; count < 20; count += 1) {
    expect(parser.push(Buffer.from('event: a\ndata: {"n":'))).toEqual([]);
    expect(parser.push(Buffer.from("1}\n\n"))).toHaveLength(1);
  }
});

test("an event that names its type nowhere must at least be an object", () => {
  expect(new SseParser().push(Buffer.from('data: {"n":1}\n\n'))[0]?.type).toBe("");
  expect(() => new SseParser().push(Buffer.from("data: <html>\n\n"))).toThrow(SyntaxError);
});
