import { MessageEvent } from "../../../../services/gateway/messages/event";

const DELTA = '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}';

test("takes its type out of its JSON when it has no other", () => {
  expect(MessageEvent.of('{"type":"message_stop"}').type).toBe("message_stop");
  expect(MessageEvent.of('{ "a": 1, "type": "ping" }').type).toBe("ping");
  expect(MessageEvent.of('{"a":1}').type).toBe("");
  expect(MessageEvent.of('{"type":5}').type).toBe("");
});

test("reads its JSON as UTF-8, once", () => {
  const event = new MessageEvent("x", Buffer.from('{"a":"ü漢🙂"}').toString("latin1"));
  expect(event.value).toEqual({ a: "ü漢🙂" });
  expect(event.value).toBe(event.value);
});

test.each(["", "null", "5", "[]", '"a"', "{", '{"a":1'])("%j is no event", (json) => {
  expect(() => new MessageEvent("x", json).value).toThrow(SyntaxError);
  expect(() => MessageEvent.of(json)).toThrow(SyntaxError);
});

test("has a delta only when it is one", () => {
  expect(new MessageEvent("content_block_delta", DELTA).delta).toEqual({
    kind: "text",
    index: 0,
    escaped: "a",
  });
  expect(new MessageEvent("other", DELTA).delta).toBeUndefined();
});
