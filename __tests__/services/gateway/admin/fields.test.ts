import { addDuration, metadata, name, reference } from "../../../../services/gateway/admin/fields";

describe("fields", () => {
  const refusalOf = (result: { error?: { issues: readonly { message: string }[] } | undefined }) =>
    result.error?.issues[0]?.message;
  const nested = (levels: number) => JSON.parse(`${"[".repeat(levels)}${"]".repeat(levels)}`) as unknown;

  describe("text", () => {
    it.each(["a\0b", "a\u0007", "a\u0085", "\ud800", "a\udfff", "\udfff\ud800"])("refuses %j", (text) => {
      const form = "must not contain control characters or unpaired surrogates";
      expect([refusalOf(name(10).safeParse(text)), refusalOf(reference(10).safeParse(text))]).toEqual([
        form,
        form,
      ]);
    });

    it.each(["a", "Ada Byron", "😀", "日本", "a".repeat(10)])("takes %j", (text) => {
      expect([name(10).parse(text), reference(10).parse(text)]).toEqual([text, text]);
    });

    it("an empty one is no name", () => {
      expect(refusalOf(name(10).safeParse(""))).toBe("must not be empty");
      expect(reference(10).parse("")).toBe("");
    });
  });

  describe("metadata", () => {
    const text = "must not contain NUL characters or unpaired surrogates";
    it.each<[string, unknown, string]>([
      ["a NUL character", { a: "\0" }, text],
      ["a NUL character in a name", { "\0": 1 }, text],
      ["half of a character, deep inside", { a: [{ b: ["\ud800"] }] }, text],
      ["half of a character in a name, deep inside", { a: [{ "\udfff": 1 }] }, text],
      ["a number that is none", { a: Number.POSITIVE_INFINITY }, "must not contain numbers beyond 1.8e308"],
      ["33 levels", { a: nested(32) }, "must be at most 32 levels deep"],
      ["5,000 levels", { a: nested(5000) }, "must be at most 32 levels deep"],
      ["200,000 levels", { a: nested(200_000) }, "must be at most 32 levels deep"],
      ["too much", { a: "x".repeat(16 * 1024) }, "must be at most 16384 bytes"],
      ["a list", [1], "must be an object"],
    ])("refuses %s", (_what, value, refusal) => {
      expect(refusalOf(metadata.safeParse(value))).toBe(refusal);
    });

    it.each<[string, object]>([
      ["line breaks and tabs", { a: "one\n\ttwo" }],
      ["32 levels", { a: nested(31) }],
      ["whole characters of two halves", { "😀": "😀" }],
      ["nothing", {}],
    ])("takes %s", (_what, value) => {
      expect(metadata.parse(value)).toEqual(value);
    });
  });
});

describe("duration", () => {
  const from = new Date("2026-01-31T12:00:00Z");

  test.each([
    ["30s", "2026-01-31T12:00:30.000Z"],
    ["30m", "2026-01-31T12:30:00.000Z"],
    ["30h", "2026-02-01T18:00:00.000Z"],
    ["30d", "2026-03-02T12:00:00.000Z"],
    ["4w", "2026-02-28T12:00:00.000Z"],
    ["1mo", "2026-02-28T12:00:00.000Z"],
    ["2mo", "2026-03-31T12:00:00.000Z"],
    ["13mo", "2027-02-28T12:00:00.000Z"],
  ])("%s", (duration, expected) => {
    expect(addDuration(from, duration)?.toISOString()).toBe(expected);
  });

  test.each(["", "0s", "-1d", "1y", "1.5h", "1 d", "d", "999999999d", "99999999mo"])(
    "%j is no duration",
    (duration) => {
      expect(addDuration(from, duration)).toBeUndefined();
    },
  );
});
