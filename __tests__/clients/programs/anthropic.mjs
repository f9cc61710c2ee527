/** The @anthropic-ai/sdk package: a whole message, a stream with its helper, the tool runner. */
import { writeFileSync } from "node:fs";
import Anthropic from "@anthropic-ai/sdk";

const { GATEWAY_URL, API_KEY, MODEL, TASK } = process.env;
const client = new Anthropic({ apiKey: API_KEY, authToken: null, baseURL: GATEWAY_URL, maxRetries: 0 });
const hello = [{ role: "user", content: "Say hello" }];
const report = {};

const whole = await client.messages.create({ model: MODEL, max_tokens: 100, messages: hello });
report.whole = { text: whole.content[0].text, stop: whole.stop_reason, usage: whole.usage.output_tokens };

let deltas = "";
const stream = client.messages.stream({ model: MODEL, max_tokens: 100, messages: hello });
stream.on("text", (delta) => (deltas += delta));
const streamed = await stream.finalMessage();
report.stream = {
  deltas,
  text: await stream.finalText(),
  stop: streamed.stop_reason,
  model: streamed.model,
  usage: streamed.usage.output_tokens,
};

const writeFile = {
  name: "write_file",
  description: "Writes a file",
  input_schema: {
    type: "object",
    properties: { path: { type: "string" }, content: { type: "string" } },
    required: ["path", "content"],
  },
  parse: (input) => input,
  run: ({ path, content }) => {
    writeFileSync(path, content);
    return "written";
  },
};
for (const isStream of [false, true]) {
  const name = isStream ? "tool-runner-stream.txt" : "tool-runner.txt";
  const runner = client.beta.messages.toolRunner({
    model: MODEL,
    max_tokens: 1000,
    messages: [{ role: "user", content: TASK.replace("NAME", name) }],
    tools: [writeFile],
    stream: isStream,
  });
  const last = await runner.runUntilDone();
  report[isStream ? "toolRunnerStream" : "toolRunner"] = {
    text: last.content[0].text,
    stop: last.stop_reason,
  };
}
console.log(JSON.stringify(report));
