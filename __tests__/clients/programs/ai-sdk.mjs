/** The packages ai and @ai-sdk/openai-compatible: a stream with a tool over several steps. */
import { writeFileSync } from "node:fs";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { jsonSchema, stepCountIs, streamText, tool } from "ai";

const { GATEWAY_URL, API_KEY, MODEL, TASK } = process.env;
const gateway = createOpenAICompatible({
  name: "gateway",
  baseURL: `${GATEWAY_URL}/v1`,
  apiKey: API_KEY,
  includeUsage: true,
});
const writeFile = tool({
  description: "Writes a file",
  inputSchema: jsonSchema({
    type: "object",
    properties: { path: { type: "string" }, content: { type: "string" } },
    required: ["path", "content"],
    additionalProperties: false,
  }),
  execute: async ({ path, content }) => {
    writeFileSync(path, content);
    return "written";
  },
});
const errors = [];
const result = streamText({
  model: gateway(MODEL),
  prompt: TASK.replace("NAME", "ai-sdk.txt"),
  tools: { write_file: writeFile },
  stopWhen: stepCountIs(4),
  maxRetries: 0,
  onError: ({ error }) => void errors.push(String(error)),
});
let text = "";
for await (const part of result.textStream) text += part;
const steps = await result.steps;
console.log(
  JSON.stringify({
    text,
    last: await result.text,
    finishes: steps.map(({ finishReason }) => finishReason),
    usage: (await result.totalUsage).totalTokens,
    errors,
  }),
);
