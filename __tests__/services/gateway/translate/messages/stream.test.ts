import { GatewayError } from "../../../../../services/gateway/errors";
import { MessageEvent } from "../../../../../services/gateway/messages/event";
import { createStream } from "../../../../../services/gateway/translate/messages/stream";
import { encodeEvents, type FakeEvent } from "../../../../support/services/fake-anthropic";
import {
  ALL_STREAMS,
  BROKEN_STREAMS,
  close,
  delta,
  finish,
  openText,
  ping,
  SPELLINGS,
  STREAMS,
  start,
  stop,
  text,
  toMessageEvents,
} from "../../../../support/services/message-streams";

const IDENTITY = { id: "req-1", created: 1, model: "alias-ü" };
const utf8 = (bytes: string) => Buffer.from(bytes, "latin1").toString("utf8");

function answer(events: readonly FakeEvent[], spelling: keyof typeof SPELLINGS = "canonical") {
  const stream = createStream(IDENTITY);
  const pushed = toMessageEvents(events, spelling).map((event) => utf8(stream.push(event)));
  return { pushed, end: utf8(stream.end()), stream };
}

/** The events as the client must get them. */
const sent = (...events: readonly FakeEvent[]) =>
  encodeEvents(events).replace("claude-sonnet-4-5-20250929", "alias-ü");

test("passes events on as they came, with the client's name of the model", () => {
  const { pushed, end } = answer(STREAMS.text);
  expect(pushed).toEqual([
    "",
    "",
    "",
    sent(start(), openText(0), text(0, "Hello")),
    sent(text(0, " world")),
    sent(close(0)),
    "",
    "",
  ]);
  expect(end).toBe(sent(finish("end_turn"), stop));
});

test.each(Object.entries(STREAMS))("%s: everything comes, in its order", (name, events) => {
  const { pushed, end } = answer(events);
  const expected =
    name === "a repeated start" ? events.slice(1) : events.filter((event) => event.type !== "ping");
  expect(pushed.join("") + end).toBe(sent(...expected));
});

test.each(ALL_STREAMS)("%s: means the same however its events are written", (_name, events) => {
  const read = ({ pushed, end }: { pushed: string[]; end: string }) =>
    (pushed.join("") + end).split("\n").map((line) => {
      return line.startsWith("data: ") ? (JSON.parse(line.slice(6)) as unknown) : line;
    });
  for (const spelling of Object.keys(SPELLINGS) as (keyof typeof SPELLINGS)[]) {
    expect(read(answer(events, spelling))).toEqual(read(answer(events)));
  }
});

test("the end of a message is held, unless the message goes on", () => {
  const more = { type: "message_delta", delta: {}, usage: { output_tokens: 2 } };
  const { pushed, end } = answer([
    start(),
    openText(0),
    text(0, "a"),
    more,
    close(0),
    ping,
    text(1, "b"),
    close(1),
    finish("end_turn"),
    stop,
  ]);
  expect(pushed.slice(3)).toEqual([
    "",
    "",
    sent(ping),
    sent(more, close(0), text(1, "b")),
    sent(close(1)),
    "",
    "",
  ]);
  expect(end).toBe(sent(finish("end_turn"), stop));
});

test("an answer without content is the end", () => {
  const { pushed, end } = answer(STREAMS["no content"]);
  expect(pushed.join("")).toBe("");
  expect(end).toBe(sent(...STREAMS["no content"]));
});

test("what comes before the first content is held, unknown events too", () => {
  expect(answer([{ type: "brand_new_event" }, start(), ping, openText(0)]).pushed.join("")).toBe("");
});

test("an error is Anthropic's, once", () => {
  const { pushed, stream } = answer(BROKEN_STREAMS["an error in the middle"]);
  expect(pushed.slice(3)).toEqual(["", "", ""]);
  const error = new GatewayError(503, "server_error", "Überlastet.", { code: "overloaded" });
  expect(utf8(stream.fail(error))).toBe(
    'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Überlastet.",' +
      '"details":{"error_code":"overloaded"}},"request_id":"req-1"}\n\n',
  );
});

test("keeps the connection alive as Anthropic does", () => {
  expect(createStream(IDENTITY).keepAlive).toBe('event: ping\ndata: {"type":"ping"}\n\n');
});

test("no event can break out of its line", () => {
  const stream = createStream(IDENTITY);
  for (const event of toMessageEvents([start(), openText(0), text(0, "a")])) stream.push(event);
  expect(stream.push(new MessageEvent("a\ndata: x", "{}"))).toBe("");
  expect(stream.push(new MessageEvent("new_event", '{"a":\n"b"}'))).toBe(
    'event: new_event\ndata: {"a":"b"}\n\n',
  );
  const raw = '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a\n\nb"}}';
  expect(() => stream.push(new MessageEvent("content_block_delta", raw))).toThrow(SyntaxError);
});

test("what is no JSON never reaches the client", () => {
  const stream = createStream(IDENTITY);
  for (const event of toMessageEvents([start(), delta(0, { type: "text_delta", text: "a" })]))
    stream.push(event);
  expect(() => stream.push(new MessageEvent("content_block_stop", "<html>"))).toThrow(SyntaxError);
});
