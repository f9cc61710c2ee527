import { warningsOf } from "../../../cli/terraform/planned-changes";

describe("warnings of a plan", () => {
  it("are found with and without a frame, each with its explanation", () => {
    const framed = "\u001b[33m╷\u001b[0m\n│ Warning: Deprecated\n│ \n│ Use another.\n╵\n";
    const plain = "\nWarning: Older\n\n  on cdk.tf.json\n\nSaved the plan to: x\n";
    expect(warningsOf(`Terraform will do things\n${framed}${plain}`)).toEqual([
      "Warning: Deprecated\n\nUse another.",
      "Warning: Older\n\n  on cdk.tf.json",
    ]);
  });

  it("are none in a plan without", () => expect(warningsOf("No changes. A warning: none.\n")).toEqual([]));
});
