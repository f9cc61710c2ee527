import { patternIdsOf, toFindings } from "../../../../../services/gateway/guardrails/find";

const match = (patternId: string) => ({ patternId, start: 0, end: 1 });

describe("toFindings", () => {
  it("counts by pattern", () =>
    expect(toFindings([match("b"), match("a"), match("b")], ["messages", 0, "content"])).toEqual([
      { patternId: "b", path: "messages.0.content", count: 2 },
      { patternId: "a", path: "messages.0.content", count: 1 },
    ]));

  it.each([
    [["input", "a secret name", "x"], "input.*.x"],
    [["input", "n".repeat(41)], "input.*"],
    [[...Array(14).keys()], "0.1.2.3.4.5.6.7.8.9.10.11.…"],
  ])("does not let names of the client into a path: %j", (path, expected) =>
    expect(toFindings([match("a")], path)[0]?.path).toBe(expected),
  );
});

describe("patternIdsOf", () => {
  it("names each once", () =>
    expect(
      patternIdsOf([
        { patternId: "b", path: "x", count: 1 },
        { patternId: "a", path: "x", count: 1 },
        { patternId: "b", path: "y", count: 1 },
      ]),
    ).toEqual(["a", "b"]));
});
