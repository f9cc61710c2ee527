import {
  cutAtMost,
  decodePiece,
  findInText,
  findMatches,
  spansFromHints,
  toEscapedOffsets,
} from "../../../../services/gateway/guardrails/find";
import type { ScreenPattern } from "../../../../services/gateway/guardrails/pattern";
import { DEFAULT_PATTERNS, mask, screen } from "../../../../services/gateway/guardrails/screening";
import { RawText } from "../../../../services/gateway/json/json-value";
import { toByteText } from "../../../../services/gateway/json/text";
import type { MessagesRequest } from "../../../../services/gateway/wire/internal/request";
import { EXAMPLES } from "../../../support/pattern-examples";
import { readBody, readSent, translateChat } from "../../../support/services/translate-chat";

describe("find in member", () => {
  const SECRET = "q7Xz9KpLm2Vt4Rw8Yb6Nc3Hd5Jf1Gs0T";
  const MASKED = "[secret-assignment]";

  function requestWith(input: unknown): MessagesRequest {
    const use = { type: "tool_use", id: "a", name: "write", input };
    return readBody({
      model: "m",
      max_tokens: 1,
      messages: [{ role: "assistant", content: [use] }],
    }) as never;
  }

  function inputOf(request: MessagesRequest): unknown {
    const { messages } = readSent(request as never) as { messages: { content: { input: unknown }[] }[] };
    return messages[0]?.content[0]?.input;
  }

  describe("the input of a tool", () => {
    it.each<[string, unknown, unknown]>([
      ["a value by the name of its member", { password: SECRET }, { password: MASKED }],
      ["a value in a list", { api_key: [SECRET], n: 1 }, { api_key: [MASKED], n: 1 }],
      ["a value deep inside", { env: { clientSecret: SECRET } }, { env: { clientSecret: MASKED } }],
      ["a name of a person's data", { ssn: "219-09-9999" }, { ssn: "[us-ssn]" }],
      ["a telephone number", { phone_number: "415-555-2671" }, { phone_number: "[phone-number]" }],
      ["a text that goes on", { token: `export A_TOKEN=${SECRET}` }, { token: `export A_TOKEN=${MASKED}` }],
      ["a card that is a number", { card: 4111111111111111 }, { card: "[credit-card]" }],
      ["numbers in a list", { cards: [4111111111111111, 5] }, { cards: ["[credit-card]", 5] }],
    ])("%s is masked", (_name, input, masked) => {
      const request = requestWith(input);
      expect(inputOf(mask(request, DEFAULT_PATTERNS).request)).toEqual(masked);
      expect(screen(request, DEFAULT_PATTERNS)).toHaveLength(1);
    });

    it.each<[string, unknown]>([
      ["a name that says nothing", { checksum: SECRET }],
      ["a member named so elsewhere", { password: { checksum: SECRET } }],
      ["ordinary words", { password: "correct horse battery staple" }],
      ["a number without a check digit", { id: 4111111111111112 }],
      ["a time", { at: 1700000000000000 }],
      ["a number below zero", { at: -4111111111111111 }],
      ["other values", { password: null, token: true, key: 7, secret: {} }],
    ])("%s stays", (_name, input) => {
      const request = requestWith(input);
      expect(mask(request, DEFAULT_PATTERNS).request).toBe(request);
      expect(screen(request, DEFAULT_PATTERNS)).toEqual([]);
    });

    it("is looked at in the arguments of a chat, too", () => {
      const call = { name: "pay", arguments: JSON.stringify({ card: 4111111111111111, password: SECRET }) };
      const messages = [
        { role: "user", content: "hi" },
        { role: "assistant", content: null, tool_calls: [{ id: "a", type: "function", function: call }] },
        { role: "tool", tool_call_id: "a", content: "ok" },
      ];
      const { request } = translateChat({ messages });
      const masked = mask(readBody(request) as never, DEFAULT_PATTERNS);
      expect(masked.findings.map(({ patternId, path }) => [patternId, path])).toEqual([
        ["credit-card", "messages.1.content.0.input.card"],
        ["secret-assignment", "messages.1.content.0.input.password"],
      ]);
    });
  });

  it("names count in inputs of tools only", () => {
    const request = readBody({
      model: "m",
      max_tokens: 1,
      metadata: { password: SECRET },
      tools: [
        {
          name: "f",
          input_schema: { properties: { password: { default: SECRET, maximum: 4111111111111111 } } },
        },
      ],
      messages: [{ role: "user", content: [{ type: "text", text: "hi", password: SECRET }] }],
    });
    expect(screen(request as never, DEFAULT_PATTERNS)).toEqual([]);
  });
});

describe("find in text", () => {
  const rawOf = (text: string) => RawText.of(toByteText(JSON.stringify(text).slice(1, -1)));
  /** Everything that can be found, with filling between; the whole is longer than several windows. */
  const FILLING = 'const größe → "x" \\ \n '.repeat(150);
  const TEXT = Object.values(EXAMPLES)
    .flatMap(({ positive }) => positive.map(({ text }) => `${text}\n${FILLING}`))
    .join("");

  describe("findInText", () => {
    const whole = findInText(TEXT, DEFAULT_PATTERNS);

    it("finds all there is", () => expect(whole.length).toBeGreaterThan(40));

    it("finds the same in a text that is still escaped", () =>
      expect(findInText(rawOf(TEXT), DEFAULT_PATTERNS)).toEqual(whole));

    it.each([1009, 4099, 16_384, 40_009, 131_071])("finds the same in pieces of %d", (pieceLength) =>
      expect(findInText(rawOf(TEXT), DEFAULT_PATTERNS, pieceLength)).toEqual(whole),
    );

    it.each([...Array(50).keys()])("misses nothing at a cut, %d characters further on", (shift) => {
      const text = "-".repeat(20_000 + shift * 7);
      const key = "AKIA" + "QWERTYUIOP234567";
      expect(findInText(rawOf(`${text} ${key} ${text}`), DEFAULT_PATTERNS, 20_100)).toEqual([
        { patternId: "aws-access-key-id", start: text.length + 1, end: text.length + 21 },
      ]);
    });

    it("reads what is hidden behind escapes", () =>
      expect(findInText(RawText.of(`\\u0041KIA${"QWERTYUIOP234567"}`), DEFAULT_PATTERNS)).toEqual([
        { patternId: "aws-access-key-id", start: 0, end: 20 },
      ]));
  });
});

describe("find matches", () => {
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

    it("looks no earlier than it is told", () =>
      expect(places("12.34", [digits], 1)).toEqual(["digits 3-5"]));

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
});

describe("spansFromHints", () => {
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
  ])("%s", (_name, text, spans) => expect(spansFromHints(text, ["ab", "cd"], 4)).toEqual(spans));

  it("begins where it is told", () => expect(spansFromHints("ab......ab", ["ab"], 4, 1)).toEqual([[8, 10]]));
});

describe("escaped text", () => {
  /** Every kind of escape and of character. */
  const ESCAPED = `a${toByteText("ä→😀")}\\n\\\\\\"\\u00e4\\ud83d\\ude00\\\\\\\\u0041\\/z`;
  const DECODED = 'aä→😀\n\\"ä😀\\\\u0041/z';

  describe("decodePiece", () => {
    it("decodes what was written", () => expect(decodePiece(ESCAPED, 0, ESCAPED.length)).toBe(DECODED));
  });

  describe("cutAtMost", () => {
    it("finds places where the pieces make the whole, wherever it is asked to cut", () => {
      for (let wanted = 0; wanted <= ESCAPED.length; wanted++) {
        const cut = cutAtMost(ESCAPED, 0, wanted);
        expect(cut).toBeLessThanOrEqual(wanted);
        expect(wanted - cut).toBeLessThan(6);
        expect(decodePiece(ESCAPED, 0, cut) + decodePiece(ESCAPED, cut, ESCAPED.length)).toBe(DECODED);
      }
    });

    it("gives the end for what lies behind it", () => expect(cutAtMost("abc", 0, 10)).toBe(3));
  });

  describe("toEscapedOffsets", () => {
    it("finds every place of the decoded text again", () => {
      for (let offset = 0; offset <= DECODED.length; offset++) {
        // Half of a character of four bytes has no place of its own.
        if (/^[\udc00-\udfff]/.test(DECODED.slice(offset))) continue;
        const [at] = toEscapedOffsets(ESCAPED, [offset]) as [number];
        expect(decodePiece(ESCAPED, 0, at)).toBe(DECODED.slice(0, offset));
      }
    });

    it("takes several at once", () =>
      expect(toEscapedOffsets("\\n\\u0041b", [0, 1, 2, 3])).toEqual([0, 2, 8, 9]));
  });
});
