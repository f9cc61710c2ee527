/**
 * A model that can do one task: a prompt with `Create the file PATH holding [[TEXT]]` makes it call whatever tool it
 * is offered that can write a file, and then say that it is done. Without such a prompt it says hello.
 * It proves that a client's tools work through the gateway, not that a real model would use them so.
 */
const TASK = /Create the file (\S+) holding \[\[(.+?)\]\]/;
const PATHS = ["filePath", "file_path", "path"];
const HELLO = "Hello from the fake upstream";

/** How a file is written with a tool that has these inputs. The first that fits is taken. */
const WRITERS = [
  (inputs, task) => {
    const path = PATHS.find((name) => name in inputs);
    return path !== undefined && "content" in inputs && { [path]: task.path, content: task.text };
  },
  (inputs, task) => inputs.cmd?.type === "string" && { cmd: shellCommand(task) },
  (inputs, task) =>
    inputs.command !== undefined && {
      command: inputs.command.type === "array" ? ["bash", "-c", shellCommand(task)] : shellCommand(task),
    },
];

/** @param body of `POST /v1/messages` @returns content blocks and stop reason of the answer */
function answerTo({ messages, tools = [] }) {
  const said = messages.filter(({ role }) => role === "user");
  const task = said.flatMap(blocksOf).map(readTask).findLast(Boolean);
  if (task === undefined) return { content: [text(HELLO)], stopReason: "end_turn" };
  const result = blocksOf(said.at(-1)).find(({ type }) => type === "tool_result");
  if (result === undefined) {
    const call = writeCall(tools, task);
    if (call !== undefined) return { content: [text("I write the file."), call], stopReason: "tool_use" };
  }
  const outcome = result?.is_error === true ? `failed: ${JSON.stringify(result.content)}` : "is written";
  const closing = result === undefined ? "A file with a text" : `Done: the file ${outcome}.`;
  const end = result !== undefined && tools.find(({ name }) => name === "attempt_completion");
  if (end) return { content: [call(end.name, { result: closing })], stopReason: "tool_use" };
  return { content: [text(closing)], stopReason: "end_turn" };
}

function writeCall(tools, task) {
  for (const writer of WRITERS) {
    for (const { name, input_schema: schema } of tools) {
      const input = writer(schema?.properties ?? {}, task);
      if (input) return call(name, input);
    }
  }
  return undefined;
}

function readTask({ type, text: said }) {
  const match = type === "text" ? TASK.exec(said) : null;
  return match ? { path: match[1], text: match[2] } : undefined;
}

let calls = 0;
const text = (value) => ({ type: "text", text: value });
const call = (name, input) => ({ type: "tool_use", id: `toolu_scripted_${++calls}`, name, input });
const blocksOf = ({ content }) => (typeof content === "string" ? [text(content)] : content);
const shellCommand = (task) => `printf %s '${task.text.replaceAll("'", "'\\''")}' > '${task.path}'`;

/** Fragments of a block in a stream: words of a text, halves of a tool call's arguments. */
function deltasOf(block) {
  if (block.type === "text")
    return block.text.split(/(?= )/).map((part) => ({ type: "text_delta", text: part }));
  const json = JSON.stringify(block.input);
  const half = Math.ceil(json.length / 2);
  return [json.slice(0, half), json.slice(half)].map((part) => ({
    type: "input_json_delta",
    partial_json: part,
  }));
}

module.exports = { answerTo, deltasOf };
