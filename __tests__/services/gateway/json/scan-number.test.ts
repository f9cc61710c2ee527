import { scanNumber } from "../../../../services/gateway/json/scan-number";

describe("numbers", () => {
  it.each(["0", "-0", "7", "10", "-12.5", "0.0", "1e5", "1E+5", "1.25e-7", "12345678901234567890"])(
    "%s",
    (text) => {
      expect(scanNumber(Buffer.from(`${text},`), 0)).toBe(text.length);
      expect(scanNumber(Buffer.from(`[${text}`), 1)).toBe(text.length + 1);
    },
  );

  it.each([
    ["01", "number with a leading zero at byte 0"],
    ["-01", "number with a leading zero at byte 1"],
    ["-", "expected a digit at byte 1"],
    ["1.", "expected a digit at byte 2"],
    ["1.e1", "expected a digit at byte 2"],
    ["1e", "expected a digit at byte 2"],
    ["1e+", "expected a digit at byte 3"],
    [".5", "expected a digit at byte 0"],
  ])("refuses %s", (text, message) => {
    expect(() => scanNumber(Buffer.from(text), 0)).toThrow(message);
  });
});
