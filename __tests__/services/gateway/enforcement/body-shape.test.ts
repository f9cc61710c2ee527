import { type BodyShape, shapeBody } from "../../../../services/gateway/enforcement/body-shape";
import { writeJson } from "../../../../services/gateway/json/write-json";

const request = {
  model: "m",
  max_tokens: 5,
  messages: [],
  system: [],
  metadata: { user_id: "u" },
  service_tier: "auto",
  cache_control: { type: "ephemeral" },
  temperature: 0,
  tools: [{ name: "t", eager_input_streaming: true }, { name: "u" }],
  tool_choice: { type: "auto", disable_parallel_tool_use: true },
  thinking: { type: "adaptive", block_binding: { prefix_mismatch_behavior: "drop_block" } },
};

it.each<[BodyShape, object]>([
  [{ api: "anthropic" }, { ...request, stream: true }],
  [{ api: "bedrock-messages" }, { ...request, stream: true }],
  [
    { api: "bedrock-invoke", betas: ["b-1"] },
    {
      system: [],
      anthropic_version: "bedrock-2023-05-31",
      anthropic_beta: ["b-1"],
      max_tokens: 5,
      messages: [],
      temperature: 0,
      tools: [{ name: "t" }, { name: "u" }],
      tool_choice: { type: "auto" },
      thinking: { type: "adaptive", block_binding: { mismatch_behavior: "drop_block" } },
    },
  ],
  [
    { api: "count-tokens" },
    {
      model: "m",
      messages: [],
      system: [],
      cache_control: { type: "ephemeral" },
      tools: request.tools,
      tool_choice: request.tool_choice,
      thinking: request.thinking,
    },
  ],
])("%j", (shape, expected) => {
  const json = writeJson(shapeBody(request, shape));
  expect(JSON.parse(json)).toEqual(expected);
  expect(json.startsWith('{"system":[],')).toBe(true);
});

it("leaves out what is not there", () => {
  const bare = { model: "m", max_tokens: 5, messages: [] };
  expect(writeJson(shapeBody(bare, { api: "bedrock-invoke", betas: [] }))).toBe(
    '{"anthropic_version":"bedrock-2023-05-31","max_tokens":5,"messages":[]}',
  );
  expect(writeJson(shapeBody(bare, { api: "anthropic" }))).toBe(
    '{"model":"m","max_tokens":5,"messages":[],"stream":true}',
  );
});
