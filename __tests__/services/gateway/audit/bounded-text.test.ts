import { boundedText } from "../../../../services/gateway/audit/bounded-text";

test.each([
  ["plain", "plain"],
  ["a\u0000b\nc", "a b c"],
  ["  ", null],
  ["", null],
  [undefined, null],
  [{ an: "object" }, null],
  ["x".repeat(50), "x".repeat(10)],
  ["123456789🙂", "123456789"],
])("%j becomes %j", (value, expected) => {
  expect(boundedText(value, 10)).toBe(expected);
});
