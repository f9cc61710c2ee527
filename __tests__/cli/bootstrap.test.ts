/** Plain JavaScript, because it runs before anything is installed. */
const { isNodeNewEnough } = require("../../cli/bootstrap.cjs") as {
  isNodeNewEnough(version: string): boolean;
};

describe("isNodeNewEnough", () => {
  it.each([
    ["18.20.8", false],
    ["20.18.3", false],
    ["20.19.0", true],
    ["22.0.0", true],
  ])("%s: %s", (version, expected) => expect(isNodeNewEnough(version)).toBe(expected));
});
