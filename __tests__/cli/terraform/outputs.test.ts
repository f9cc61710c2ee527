import { formatOutputs } from "../../../cli/terraform/outputs";

describe("formatOutputs", () => {
  it("aligns two columns and joins lists", () => {
    expect(formatOutputs({ gateway_url: "http://a:1", data_volumes: ["x", "y"] })).toBe(
      "  gateway_url   http://a:1\n  data_volumes  x, y",
    );
  });

  it("is empty for nothing", () => expect(formatOutputs({})).toBe(""));
});
