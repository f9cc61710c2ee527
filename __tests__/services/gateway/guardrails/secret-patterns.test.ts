import { isVaried, looksRandom } from "../../../../services/gateway/guardrails/secret-patterns";

describe("looksRandom", () => {
  it.each([
    ["q7Xz9KpLm2Vt4Rw8Yb6Nc3Hd", true],
    ["9f86d081884c7d659a2feaa0c55ad015", true],
    ["session-token-of-user-12", false],
    ["aaaaaaaaaaaaaaaaaaaaaa11", false],
    ["example-q7Xz9KpLm2Vt4Rw8", false],
    ["qXzKpLmVtRwYbNcHdJfGsTaE", false],
    ["123456789012345678901234", false],
    ["q7Xz9KpLpassphraseRw8Yb6", false],
  ])("%s: %s", (value, expected) => expect(looksRandom(value)).toBe(expected));

  it("asks for as much entropy as it is told", () =>
    expect(looksRandom("q7Xz9KpLm2Vt4Rw8Yb6Nc3Hd", 5)).toBe(false));
});

describe("isVaried", () => {
  it.each([
    [`sk-ant-api03-${"x".repeat(90)}`, false],
    ["abcdefghijklmn", true],
    ["abcdefghijklm", false],
  ])("%s: %s", (value, expected) => expect(isVaried(value)).toBe(expected));
});
