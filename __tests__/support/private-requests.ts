import type { ServerResponse } from "node:http";
import { bodyOf, type Dialect, type Row } from "./enforcement/bodies";
import { encodeEvents } from "./services/fake-anthropic";
import {
  close,
  delta,
  finish,
  input,
  open,
  openText,
  openTool,
  start,
  stop,
  text,
} from "./services/message-streams";

/** A word that is nowhere else. */
const mark = (place: string) => `zq${place}7f3a`;

/** What a client and a model say to each other, each place with a word of its own. */
export const MARKS = {
  ...{ prompt: mark("Prompt"), system: mark("System"), toolName: mark("ToolName"), schema: mark("Schema") },
  ...{ toolArguments: mark("Arguments"), toolResult: mark("Result"), metadata: mark("Metadata") },
  ...{ answer: mark("Answer"), thinking: mark("Thinking"), call: mark("Call"), providerError: mark("Error") },
  ...{ header: mark("Header"), query: mark("Query"), path: mark("Path"), field: mark("Field") },
} as const;
/** Who asks: kept where spending is shown by customer, and nowhere else. */
export const USER = mark("User");

/** A request with content at all places. */
export function privateBody(dialect: Dialect, changes: object = {}): object {
  const call = {
    id: "call_1",
    type: "function",
    function: { name: MARKS.toolName, arguments: JSON.stringify({ a: MARKS.toolArguments }) },
  };
  const parameters = { type: "object", properties: { [MARKS.schema]: { type: "string" } } };
  const rows: Readonly<Record<Dialect, readonly object[]>> = {
    chat: [
      { role: "user", content: MARKS.prompt },
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "tool", tool_call_id: "call_1", content: MARKS.toolResult },
    ],
    messages: [
      { role: "user", content: MARKS.prompt },
      {
        role: "assistant",
        content: [
          { type: "tool_use", id: "toolu_1", name: MARKS.toolName, input: { a: MARKS.toolArguments } },
        ],
      },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", content: MARKS.toolResult }] },
    ],
    responses: [
      { type: "message", role: "user", content: MARKS.prompt },
      {
        type: "function_call",
        call_id: "call_1",
        name: MARKS.toolName,
        arguments: JSON.stringify({ a: MARKS.toolArguments }),
      },
      { type: "function_call_output", call_id: "call_1", output: MARKS.toolResult },
    ],
  };
  const tool = { name: MARKS.toolName, description: MARKS.schema };
  const tools: Readonly<Record<Dialect, object>> = {
    chat: { type: "function", function: { ...tool, parameters } },
    messages: { ...tool, input_schema: parameters },
    responses: { type: "function", ...tool, parameters },
  };
  return bodyOf(dialect, {
    system: MARKS.system,
    rows: rows[dialect] as readonly Row[],
    more: {
      tools: [tools[dialect]],
      metadata: { note: MARKS.metadata, user_id: `user_${MARKS.metadata}_account__session_abc-1` },
      ...(dialect === "messages" ? {} : { user: USER }),
      ...changes,
    },
  });
}

const ANSWER = [
  start(),
  open(0, { type: "thinking", thinking: "", signature: "" }),
  delta(0, { type: "thinking_delta", thinking: MARKS.thinking }),
  delta(0, { type: "signature_delta", signature: "EqQB" }),
  close(0),
  openText(1),
  text(1, MARKS.answer),
  close(1),
  openTool(2, MARKS.toolName),
  input(2, JSON.stringify({ a: MARKS.call })),
  close(2),
  finish("tool_use"),
  stop,
];
const BEGUN = encodeEvents(ANSWER.slice(0, 7));

function begin(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream", "request-id": "req_1" });
}

/** What a provider does; errors say what the client sent, as providers do. */
export const BEHAVIOURS: Readonly<Record<string, (response: ServerResponse) => void>> = {
  "a whole answer": (response) => {
    begin(response);
    response.end(encodeEvents(ANSWER));
  },
  ...Object.fromEntries(
    [400, 401, 403, 404, 413, 429, 500, 529].map((status) => [
      `status ${status}`,
      (response: ServerResponse) => {
        response.writeHead(status, { "content-type": "application/json", "x-note": MARKS.providerError });
        const message = `messages.0: ${MARKS.prompt} ${MARKS.providerError} is not right`;
        response.end(JSON.stringify({ type: "error", error: { type: "invalid_request_error", message } }));
      },
    ]),
  ),
  "an error in the middle": (response) => {
    begin(response);
    const message = `${MARKS.prompt} ${MARKS.providerError}`;
    response.end(
      `${BEGUN}event: error\ndata: ${JSON.stringify({ type: "error", error: { type: "api_error", message } })}\n\n`,
    );
  },
  "a connection that breaks": (response) => {
    begin(response);
    response.write(BEGUN, () => response.destroy());
  },
  "an end too early": (response) => {
    begin(response);
    response.end(BEGUN);
  },
  "an event that is no JSON": (response) => {
    begin(response);
    response.end(`${BEGUN}event: content_block_delta\ndata: {"delta":"${MARKS.answer}\n\n`);
  },
  "an answer of another type": (response) => {
    response.writeHead(200, { "content-type": "text/html" });
    response.end(`<html>${MARKS.providerError}</html>`);
  },
  "an error that is no JSON": (response) => {
    response.writeHead(502, { "content-type": "text/html" });
    response.end(`<html>${MARKS.providerError} ${MARKS.prompt}</html>`);
  },
};

/** Bodies that are refused, with content in what is wrong. */
export const REFUSED: readonly ((dialect: Dialect, model: string) => string)[] = [
  (dialect, model) => JSON.stringify({ model, ...privateBody(dialect) }).slice(0, -20),
  (dialect, model) => `${JSON.stringify({ model, ...privateBody(dialect) })}${MARKS.prompt}`,
  (dialect) => JSON.stringify(privateBody(dialect)),
  (dialect, model) =>
    JSON.stringify({ model, ...bodyOf(dialect, { rows: [{ role: MARKS.prompt, content: MARKS.prompt }] }) }),
  (dialect, model) => JSON.stringify({ model, ...privateBody(dialect, { stream: MARKS.prompt }) }),
  (dialect, model) => JSON.stringify({ model, ...privateBody(dialect, { tool_choice: MARKS.prompt }) }),
  (dialect, model) => JSON.stringify({ model, ...privateBody(dialect, { [MARKS.field]: MARKS.prompt }) }),
  (dialect, model) =>
    JSON.stringify({
      model,
      ...bodyOf(dialect, { rows: [{ role: "user", content: [{ type: MARKS.prompt }] }] }),
    }),
  (dialect, model) =>
    JSON.stringify({
      model,
      ...privateBody(dialect, { max_tokens: MARKS.prompt, max_output_tokens: MARKS.prompt }),
    }),
  (dialect, model) =>
    JSON.stringify({
      model,
      ...bodyOf(dialect, {
        rows: [
          { role: "user", content: MARKS.prompt },
          { role: "assistant", content: MARKS.prompt },
        ],
      }),
    }),
  () => MARKS.prompt,
];
