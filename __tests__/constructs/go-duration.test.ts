import { goDuration } from "../../constructs/go-duration";

describe("goDuration", () => {
  it.each([
    [0, "0s"],
    [1, "1s"],
    [59, "59s"],
    [60, "1m0s"],
    [90, "1m30s"],
    [600, "10m0s"],
    [3600, "1h0m0s"],
    [3661, "1h1m1s"],
  ])("%d s is %s, as Go prints it", (seconds, expected) => expect(goDuration(seconds)).toBe(expected));

  it.each([-1, 1.5, Number.NaN])("refuses %d", (seconds) =>
    expect(() => goDuration(seconds)).toThrow(`got ${seconds}`),
  );
});
