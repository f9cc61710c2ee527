import { thinksFirst } from "../../../../services/gateway/generation/thinks-first";

const request = (thinking?: object) =>
  ({ model: "m", max_tokens: 1, messages: [], ...(thinking === undefined ? {} : { thinking }) }) as never;

test.each([
  ["claude-sonnet-4-5", { type: "enabled", budget_tokens: 1024 }, true],
  ["claude-sonnet-4-6", { type: "adaptive" }, true],
  ["claude-sonnet-4-5", undefined, false],
  ["claude-opus-5-5", undefined, true],
  ["claude-sonnet-5", { type: "disabled" }, false],
])("%s with %j: %s", (upstreamModel, thinking, expected) => {
  expect(thinksFirst(request(thinking), { upstreamModel })).toBe(expected);
});

test("the base model says it of an ARN", () => {
  const upstreamModel = "arn:aws:bedrock:us-east-1:1:application-inference-profile/x";
  expect(thinksFirst(request(), { upstreamModel, baseModel: "claude-sonnet-4-5" })).toBe(false);
});
