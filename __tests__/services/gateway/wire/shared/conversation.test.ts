import { TranslationError } from "../../../../../services/gateway/json/client-value";
import { RawNumber, ValueAllowance } from "../../../../../services/gateway/json/json-value";
import {
  dropBlank,
  dropThinking,
  FRAME_BEGIN,
  FRAME_END,
  frameInstruction,
  hasThinking,
  joinLists,
  lacksThinking,
  toToolInput,
} from "../../../../../services/gateway/wire/shared/conversation";

const text = (words: string, more: object = {}) => ({ type: "text", text: words, ...more });
const thinking = { type: "thinking", thinking: "t", signature: "s" };
const use = { type: "tool_use", id: "a", name: "f", input: {} };
const result = { type: "tool_result", tool_use_id: "a" };
const EPHEMERAL = { cache_control: { type: "ephemeral" } };

describe("dropBlank", () => {
  it("returns the same list when nothing is blank", () => {
    const blocks = [text("a"), thinking];
    expect(dropBlank(blocks)).toBe(blocks);
  });

  it("moves the cache breakpoint of a blank text to the block before it", () => {
    expect(dropBlank([text("a"), text(" \n", EPHEMERAL)])).toEqual([text("a", EPHEMERAL)]);
    expect(dropBlank([text("", EPHEMERAL), text("a")])).toEqual([text("a")]);
  });
});

test("an instruction is framed, a blank one is nothing", () => {
  expect(frameInstruction([text("a")])).toEqual([text(FRAME_BEGIN), text("a"), text(FRAME_END)]);
  expect(frameInstruction([text(" ")])).toEqual([]);
});

describe("earlier thinking", () => {
  const turns = [
    { role: "user", content: "q" },
    { role: "assistant", content: [thinking, use] },
    { role: "user", content: [result] },
  ];

  it("is found and dropped", () => {
    expect(turns.map(hasThinking)).toEqual([false, true, false]);
    expect(dropThinking(turns)[1]).toEqual({ role: "assistant", content: [use] });
  });

  it("leaves a conversation without any as it is", () => {
    const plain = dropThinking(turns);
    expect(dropThinking(plain)).toBe(plain);
  });

  it("is missed only behind the results of tools", () => {
    expect(lacksThinking(turns)).toBe(false);
    expect(lacksThinking(dropThinking(turns))).toBe(true);
    expect(lacksThinking([{ role: "user", content: "q" }])).toBe(false);
    expect(lacksThinking([])).toBe(false);
  });
});

describe("toToolInput", () => {
  it.each([
    [undefined, {}],
    [null, {}],
    ["", {}],
    [" ", {}],
    ['{"a":1}', { a: 1 }],
    [{ a: 1 }, { a: 1 }],
    ["[1]", { arguments: [1] }],
    ['{"a":', { arguments: '{"a":' }],
  ])("%j is %j", (value, input) => expect(toToolInput(value, "p", {})).toEqual(input));

  it("keeps numbers of any length", () => {
    const { n } = toToolInput('{"n":12345678901234567890}', "p", {});
    expect(n).toEqual(new RawNumber("12345678901234567890"));
  });

  it("refuses more values than the request may have", () => {
    const texts = new ValueAllowance(3);
    expect(() => toToolInput("[1,2,3,4]", "p", { texts })).toThrow(TranslationError);
  });
});

test("lists are joined, and not copied when one is empty", () => {
  const list = [1];
  expect(joinLists(list, [])).toBe(list);
  expect(joinLists([], list)).toBe(list);
  expect(joinLists(list, [2])).toEqual([1, 2]);
});
