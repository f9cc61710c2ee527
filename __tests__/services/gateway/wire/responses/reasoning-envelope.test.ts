import {
  MAX_ENVELOPE_LENGTH,
  openReasoning,
  sealReasoning,
} from "../../../../../services/gateway/wire/responses/reasoning-envelope";

const MEMBERS = '"type":"thinking","thinking":"a\\"b","signature":"s"';
const BLOCK = { type: "thinking", thinking: 'a"b', signature: "s" };

test.each([
  ["claude-opus-4-6", "claude-opus-4-6"],
  ["claude-opus-4-6", "us.anthropic.claude-opus-4-6-v1"],
  ["claude-sonnet-4-5-20250929", "global.anthropic.claude-sonnet-4-5-20250929-v1:0"],
  ["claude-sonnet-4-5", "anthropic.claude-sonnet-4-5-20250929-v1:0"],
  [
    "arn:aws:bedrock:eu:1:application-inference-profile/x",
    "arn:aws:bedrock:eu:1:application-inference-profile/x",
  ],
])("what %s thought can be given to %s", (maker, reader) => {
  expect(openReasoning(sealReasoning(maker, MEMBERS), reader)).toEqual(BLOCK);
});

test.each([
  ["claude-opus-4-6", "claude-opus-4-7"],
  ["claude-opus-5", "claude-opus-5-5"],
  ["arn:x", "claude-opus-4-6"],
])("what %s thought cannot be given to %s", (maker, reader) => {
  expect(openReasoning(sealReasoning(maker, MEMBERS), reader)).toBeUndefined();
});

test("redacted reasoning keeps its data", () => {
  const sealed = sealReasoning("claude-opus-5", '"type":"redacted_thinking","data":"ZA=="');
  expect(openReasoning(sealed, "claude-opus-5")).toEqual({ type: "redacted_thinking", data: "ZA==" });
});

const seal = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64");

test.each([
  ["nothing", ""],
  ["no base64", "%%%"],
  ["no JSON", Buffer.from("a").toString("base64")],
  ["no object", seal(5)],
  ["null", seal(null)],
  ["another version", seal({ v: 2, model: "m", ...BLOCK })],
  ["another model", seal({ v: 1, model: "n", ...BLOCK })],
  ["another type", seal({ v: 1, model: "m", ...BLOCK, type: "text" })],
  ["no signature", seal({ v: 1, model: "m", ...BLOCK, signature: "" })],
  ["a thinking that is no text", seal({ v: 1, model: "m", ...BLOCK, thinking: 1 })],
  ["redacted without data", seal({ v: 1, model: "m", type: "redacted_thinking", data: "" })],
  ["more than can be", "A".repeat(MAX_ENVELOPE_LENGTH + 1)],
])("%s is not read", (_name, sealed) => {
  expect(openReasoning(sealed, "m")).toBeUndefined();
});

test("nothing else of an envelope is taken over", () => {
  expect(
    openReasoning(seal({ v: 1, model: "m", ...BLOCK, cache_control: { type: "ephemeral" } }), "m"),
  ).toEqual(BLOCK);
});
