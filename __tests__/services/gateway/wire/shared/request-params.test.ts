import { TranslationError } from "../../../../../services/gateway/json/client-value";
import { type JsonValue, RawNumber } from "../../../../../services/gateway/json/json-value";
import {
  DroppedMembers,
  dropUnknownParams,
  fitSampling,
  isEmpty,
  maxTokensDegradation,
  printableName,
  readMaxTokens,
  readSampling,
} from "../../../../../services/gateway/wire/shared/request-params";

describe("readSampling", () => {
  it("reads what is there", () => {
    expect(readSampling({ temperature: 2, top_p: 0.5, top_k: 3.2 })).toEqual({
      temperature: 2,
      top_p: 0.5,
      top_k: 4,
    });
  });

  it.each([0, -1])("takes a top_k of %d for no limit", (limit) => {
    expect(readSampling({ top_k: limit }).top_k).toBeUndefined();
  });

  it.each([
    [{ temperature: 2.1 }, "temperature must be a number from 0 to 2, not 2.1"],
    [{ top_p: "1" }, "top_p must be a number from 0 to 1, not string"],
    [{ top_k: -2 }, "top_k must be a number from -1 up, not -2"],
  ])("refuses %j", (body, message) => expect(() => readSampling(body)).toThrow(message));
});

describe("fitSampling", () => {
  it("drops all of it for a model that takes none", () => {
    expect(fitSampling({ temperature: 1, top_k: 3 }, false)).toEqual({
      sampling: {},
      droppedParams: ["temperature", "top_k"],
      degradations: [],
    });
  });

  it("sends temperature without top_p, and at most 1", () => {
    expect(fitSampling({ temperature: 1.5, top_p: 0.5 }, true)).toEqual({
      sampling: { temperature: 1, top_p: undefined },
      droppedParams: ["top_p"],
      degradations: ["temperature=1"],
    });
  });

  it("sends top_p alone", () => {
    expect(fitSampling({ top_p: 0.5 }, true).sampling).toEqual({ top_p: 0.5 });
  });
});

describe("readMaxTokens", () => {
  it.each<[JsonValue | undefined, number | undefined]>([
    [undefined, undefined],
    [null, undefined],
    [1, 1],
    [new RawNumber("1e3"), 1000],
  ])("reads %j as %j", (value, tokens) => expect(readMaxTokens(value, "m")).toBe(tokens));

  it.each<JsonValue>([0, -1, 1.5, "5", new RawNumber("12345678901234567890")])("refuses %j", (value) => {
    expect(() => readMaxTokens(value, "m")).toThrow(TranslationError);
  });
});

test("a lowered max_tokens is told", () => {
  expect(maxTokensDegradation(10, 5)).toEqual(["max_tokens=5"]);
  expect(maxTokensDegradation(5, 5)).toEqual([]);
  expect(maxTokensDegradation(undefined, 5)).toEqual([]);
});

describe("DroppedMembers", () => {
  it("names each member once, and leaves out empty and read ones", () => {
    const dropped = new DroppedMembers();
    const owner = { read: 1, empty: null, none: [], name: "x", "odd name": 1 };
    dropped.addOthers(owner, new Set(["read"]), "messages");
    dropped.addOthers(owner, new Set(["read"]), "messages");
    expect(dropped.names).toEqual(["messages.name", "messages.odd_name"]);
  });

  it("keeps no more names than a header holds", () => {
    const dropped = new DroppedMembers();
    for (let index = 0; index < 100; index += 1) dropped.add(`m${index}`);
    expect(dropped.names).toHaveLength(32);
  });
});

describe("dropUnknownParams", () => {
  const body = { model: "m", neutral: 0, empty: [], new_field: 1 };
  const isNeutral = (field: string) => field === "neutral";

  it("names what is left out", () => {
    expect(dropUnknownParams(body, new Set(["model"]), isNeutral, true)).toEqual(["new_field"]);
  });

  it("refuses it where nothing may be left out", () => {
    expect(() => dropUnknownParams(body, new Set(["model"]), isNeutral, false)).toThrow(
      expect.objectContaining({ param: "new_field" }),
    );
  });
});

test.each<[JsonValue | undefined, boolean]>([
  [undefined, true],
  [null, true],
  [false, true],
  ["", true],
  [[], true],
  [{}, true],
  [0, false],
  ["x", false],
  [[0], false],
])("%j is empty: %s", (value, expected) => expect(isEmpty(value)).toBe(expected));

test("a name is made printable and short", () => {
  expect(printableName("a b\nc")).toBe("a_b_c");
  expect(printableName("x".repeat(100))).toHaveLength(64);
});
