/**
 * Stands for api.anthropic.com inside the applied platform's network: the one part that is not ours.
 * It proves the wire between gateway and provider, not what a real model answers, costs or refuses.
 * `GET /requests` tells what it was asked. PORT and HOST say where it listens.
 */
const { createServer } = require("node:http");
const { answerTo, deltasOf } = require("./scripted-model.cjs");

const USAGE = { input_tokens: 11, output_tokens: 5 };
const COUNTED_TOKENS = 42;
const PAUSE_MS = 10;
const requests = [];

createServer(async (request, response) => {
  const path = request.url.split("?")[0];
  if (request.method === "GET" && path === "/requests") return sendJson(response, requests);
  let text = "";
  for await (const chunk of request) text += chunk;
  if (request.method !== "POST") return response.writeHead(404).end();
  if (!request.headers["x-api-key"]) return response.writeHead(401).end();
  const { "x-api-key": _credential, ...headers } = request.headers;
  const body = JSON.parse(text);
  requests.push({ path, headers, body });
  if (path === "/v1/messages/count_tokens") return sendJson(response, { input_tokens: COUNTED_TOKENS });
  if (path !== "/v1/messages") return response.writeHead(404).end();
  const answer = answerTo(body);
  const message = {
    id: "msg_fake",
    type: "message",
    role: "assistant",
    model: body.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...USAGE, output_tokens: 1 },
  };
  if (body.stream) return sendEvents(response, message, answer);
  sendJson(response, { ...message, content: answer.content, stop_reason: answer.stopReason, usage: USAGE });
}).listen(Number(process.env.PORT ?? 8080), process.env.HOST ?? "0.0.0.0");

function sendJson(response, value) {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

async function sendEvents(response, message, { content, stopReason }) {
  response.writeHead(200, { "content-type": "text/event-stream" });
  const send = (event) => response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  send({ type: "message_start", message });
  for (const [index, block] of content.entries()) {
    const empty = block.type === "text" ? { ...block, text: "" } : { ...block, input: {} };
    send({ type: "content_block_start", index, content_block: empty });
    for (const delta of deltasOf(block)) {
      send({ type: "content_block_delta", index, delta });
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    send({ type: "content_block_stop", index });
  }
  send({
    type: "message_delta",
    delta: { stop_reason: stopReason, stop_sequence: null },
    usage: { output_tokens: USAGE.output_tokens },
  });
  send({ type: "message_stop" });
  response.end();
}
