import { ByteText } from "../../../../services/gateway/json/byte-text";

test("gives pieces of any length, one character for each byte", () => {
  const bytes = Buffer.from("0123456789é".repeat(10_000));
  const text = new ByteText(bytes);
  const whole = bytes.toString("latin1");
  for (let start = 0, length = 0; start < whole.length; start += 97, length = (length * 7 + 13) % 1500) {
    expect(text.slice(start, start + length)).toBe(whole.slice(start, start + length));
  }
});

test("goes back if it is asked to", () => {
  const text = new ByteText(Buffer.from("0123456789"));
  expect([text.slice(5, 7), text.slice(2, 4), text.slice(0, 10)]).toEqual(["56", "23", "0123456789"]);
});
