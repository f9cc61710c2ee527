import { escapeUnprintable, firstUnprintable } from "../../../constructs/config/printable";

it.each([
  ["plain text, ümläuts, 漢字 and 🙂", undefined, "plain text, ümläuts, 漢字 and 🙂"],
  ["a\tb", "U+0009", "a\\u{9}b"],
  ["\x1b[31m\x9b0m", "U+001B", "\\u{1b}[31m\\u{9b}0m"],
  ["a\u2029b\u202e", "U+2029", "a\\u{2029}b\\u{202e}"],
  ["\ud83d", "U+D83D", "\\u{d83d}"],
  ["\u{e0041}", "U+E0041", "\\u{e0041}"],
])("%j: the first that cannot be seen is %s", (text, first, escaped) => {
  expect(firstUnprintable(text)).toBe(first);
  expect(escapeUnprintable(text)).toBe(escaped);
});
