/** The openai package: models, a whole answer, a stream with its helper, tools by the helper and by hand, responses. */
import { writeFileSync } from "node:fs";
import OpenAI from "openai";

const { GATEWAY_URL, API_KEY, MODEL, TASK } = process.env;
const client = new OpenAI({ apiKey: API_KEY, baseURL: `${GATEWAY_URL}/v1`, maxRetries: 0 });
const parameters = {
  type: "object",
  properties: { path: { type: "string" }, content: { type: "string" } },
  required: ["path", "content"],
  additionalProperties: false,
};
const task = (name) => [{ role: "user", content: TASK.replace("NAME", name) }];
const report = {};

report.models = [];
for await (const { id } of client.models.list()) report.models.push(id);
report.model = (await client.models.retrieve(MODEL)).id;

const hello = [{ role: "user", content: "Say hello" }];
const { data: whole, request_id } = await client.chat.completions
  .create({ model: MODEL, messages: hello })
  .withResponse();
report.whole = {
  text: whole.choices[0].message.content,
  finish: whole.choices[0].finish_reason,
  usage: whole.usage.total_tokens,
  hasRequestId: typeof request_id === "string",
};

const stream = client.chat.completions.stream({
  model: MODEL,
  messages: hello,
  stream_options: { include_usage: true },
});
let deltas = "";
stream.on("content", (delta) => (deltas += delta));
const streamed = await stream.finalChatCompletion();
report.stream = {
  deltas,
  text: streamed.choices[0].message.content,
  finish: streamed.choices[0].finish_reason,
  usage: (await stream.totalUsage()).total_tokens,
};

const writeFile = ({ path, content }) => {
  writeFileSync(path, content);
  return "written";
};
const runnable = {
  type: "function",
  function: { name: "write_file", description: "Writes", parameters, parse: JSON.parse, function: writeFile },
};
const runner = client.chat.completions.runTools({
  model: MODEL,
  stream: true,
  messages: task("run-tools.txt"),
  tools: [runnable],
});
report.runTools = { text: await runner.finalContent(), roles: runner.messages.map(({ role }) => role) };

const tools = [{ type: "function", name: "write_file", description: "Writes", parameters, strict: true }];
const input = task("responses.txt");
report.responses = { events: [] };
for (let turn = 0; turn < 3; turn += 1) {
  const answer = client.responses.stream({ model: MODEL, input, tools, store: false });
  for await (const { type } of answer)
    if (!report.responses.events.includes(type)) report.responses.events.push(type);
  const { output, output_text: text, status, usage } = await answer.finalResponse();
  report.responses = { ...report.responses, text, status, usage: usage.total_tokens, turns: turn + 1 };
  const calls = output.filter(({ type }) => type === "function_call");
  if (calls.length === 0) break;
  input.push(...output);
  for (const call of calls) {
    const result = writeFile(JSON.parse(call.arguments));
    input.push({ type: "function_call_output", call_id: call.call_id, output: result });
  }
}
console.log(JSON.stringify(report));
