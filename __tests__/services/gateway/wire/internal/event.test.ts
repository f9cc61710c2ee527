import { MessageEvent, readDelta } from "../../../../../services/gateway/wire/internal/event";

describe("event", () => {
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
});

describe("delta", () => {
  const event = (rest: string) => `{"type":"content_block_delta","index":${rest}`;

  test.each([
    ['0,"delta":{"type":"text_delta","text":"a"}}', "text", 0, "a"],
    ['12,"delta":{"type":"text_delta","text":""}}', "text", 12, ""],
    ['3,"delta":{"type":"input_json_delta","partial_json":"{\\"a\\":"}}', "input", 3, '{\\"a\\":'],
    ['0,"delta":{"type":"thinking_delta","thinking":"hm"}}', "thinking", 0, "hm"],
    ['0,"delta":{"type":"text_delta","text":"padded"}    }  ', "text", 0, "padded"],
    [
      '0,"delta":{"type":"text_delta","text":"\\" \\\\ \\b\\f\\n\\r\\t"}}',
      "text",
      0,
      '\\" \\\\ \\b\\f\\n\\r\\t',
    ],
    ['0,"delta":{"type":"text_delta","text":"\u00c3\u00bc"}}', "text", 0, "\u00c3\u00bc"],
  ])("reads %s", (rest, kind, index, escaped) => {
    expect(readDelta(event(rest))).toEqual({ kind, index, escaped });
  });

  test.each([
    ["an escape that JSON.stringify would not write", '0,"delta":{"type":"text_delta","text":"\\u00fc"}}'],
    ["an escaped slash", '0,"delta":{"type":"text_delta","text":"\\/"}}'],
    ["an escape that is none", '0,"delta":{"type":"text_delta","text":"\\x"}}'],
    ["a line break in the text", '0,"delta":{"type":"text_delta","text":"a\nb"}}'],
    ["a string without end", '0,"delta":{"type":"text_delta","text":"a}}'],
    ["an escaped closing quote", '0,"delta":{"type":"text_delta","text":"a\\"}}'],
    ["another member", '0,"delta":{"type":"text_delta","text":"a","x":1}}'],
    ["another member of the event", '0,"delta":{"type":"text_delta","text":"a"},"x":1}'],
    ["something behind the event", '0,"delta":{"type":"text_delta","text":"a"}}x'],
    ["another spelling", ' 0,"delta":{"type":"text_delta","text":"a"}}'],
    ["no index", ',"delta":{"type":"text_delta","text":"a"}}'],
    ["a negative index", '-1,"delta":{"type":"text_delta","text":"a"}}'],
    ["a text of another kind", '0,"delta":{"type":"text_delta","thinking":"a"}}'],
    ["another delta", '0,"delta":{"type":"signature_delta","signature":"a"}}'],
    ["no text", '0,"delta":{"type":"text_delta","text":5}}'],
  ])("leaves to the parser: %s", (_name, rest) => {
    expect(readDelta(event(rest))).toBeUndefined();
  });

  test("a long event is left to the parser, and none is too much for the stack", () => {
    const long = (length: number) =>
      event(`0,"delta":{"type":"text_delta","text":"${"\\n".repeat(length / 2)}"}}`);
    expect(readDelta(long(60_000))?.escaped).toHaveLength(60_000);
    expect(readDelta(long(70_000))).toBeUndefined();
  });
});
