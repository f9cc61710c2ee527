import { spansBehind } from "../../../../services/gateway/guardrails/spans-behind";

describe("spansBehind", () => {
  it.each([
    ["no hint", "nothing here", []],
    ["one", "..ab......", [[2, 6]]],
    ["two that touch", "ab.ab.....", [[0, 7]]],
    [
      "two apart, of different hints",
      "cd......ab",
      [
        [0, 4],
        [8, 10],
      ],
    ],
    ["cut at the end", "........ab", [[8, 10]]],
  ])("%s", (_name, text, spans) => expect(spansBehind(text, ["ab", "cd"], 4)).toEqual(spans));

  it("begins where it is told", () => expect(spansBehind("ab......ab", ["ab"], 4, 1)).toEqual([[8, 10]]));
});
