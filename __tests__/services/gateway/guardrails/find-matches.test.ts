import { findMatches } from "../../../../services/gateway/guardrails/find-matches";
import type { ScreenPattern } from "../../../../services/gateway/guardrails/pattern";

const pattern = (id: string, regex: RegExp, props: Partial<ScreenPattern> = {}): ScreenPattern => ({
  id,
  kind: "secret",
  description: id,
  regex,
  ...props,
});
const letters = pattern("letters", /[a-z]{3}/g);
const digits = pattern("digits", /\d{2}/g);
const mixed = pattern("mixed", /[a-z]\d{2}/g);
const places = (text: string, patterns: readonly ScreenPattern[], from?: number) =>
  findMatches(text, patterns, from).map(({ patternId, start, end }) => `${patternId} ${start}-${end}`);

describe("findMatches", () => {
  it.each([
    ["nothing", "..", [letters, digits], []],
    [
      "the places in their order",
      "12.abc.34",
      [letters, digits],
      ["digits 0-2", "letters 3-6", "digits 7-9"],
    ],
    ["places that touch as two", "abc12", [letters, digits], ["letters 0-3", "digits 3-5"]],
    ["places that overlap as one", "abc12", [letters, mixed], ["letters 0-5"]],
    ["the name of the first of the list", "abc12", [mixed, letters], ["mixed 0-5"]],
  ])("gives %s", (_name, text, patterns, expected) => expect(places(text, patterns)).toEqual(expected));

  it("looks no earlier than it is told", () => expect(places("12.34", [digits], 1)).toEqual(["digits 3-5"]));

  it("takes as much of a candidate as its measure says, and what stands before it", () => {
    const seen: string[] = [];
    const measured = pattern("measured", /\d{4}/g, {
      measure: (candidate, before) => {
        seen.push(before);
        return candidate === "1234" ? 0 : 3;
      },
    });
    expect(places("x1234y5678", [measured])).toEqual(["measured 6-9"]);
    expect(seen).toEqual(["x", "x1234y"]);
  });

  it("tries a pattern only where one of its hints is", () => {
    const hinted = pattern("hinted", /\d{2}/g, { hints: ["id", "no"] });
    expect(places("12", [hinted])).toEqual([]);
    expect(places("12 no", [hinted])).toEqual(["hinted 0-2"]);
    expect(places("no 12", [hinted], 2)).toEqual(["hinted 3-5"]);
  });

  it("tries a pattern only in reach of its hints", () => {
    const near = pattern("near", /\d{2}/g, { hints: ["id"], reach: 6 });
    const text = `12 id 34 ${".".repeat(10)} 56 id..... 78`;
    expect(places(text, [near])).toEqual(["near 6-8"]);
    expect(places(text, [near], 5)).toEqual(["near 6-8"]);
    expect(places(text, [near], 7)).toEqual([]);
  });
});
