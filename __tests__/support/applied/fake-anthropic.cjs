/**
 * Stands for api.anthropic.com inside the applied platform's network: the one part that is not ours.
 * It proves the wire between gateway and provider, not what a real model answers, costs or refuses.
 */
const { createServer } = require("node:http");

const USAGE = { input_tokens: 11, output_tokens: 5 };
const WORDS = ["Hello", " from", " the", " fake", " upstream"];

createServer(async (request, response) => {
  let text = "";
  for await (const chunk of request) text += chunk;
  if (request.method !== "POST" || request.url !== "/v1/messages") return response.writeHead(404).end();
  if (!request.headers["x-api-key"]) return response.writeHead(401).end();
  const { model, stream } = JSON.parse(text);
  const message = { id: "msg_fake", type: "message", role: "assistant", model, stop_sequence: null };
  if (!stream) {
    response.writeHead(200, { "content-type": "application/json" });
    return response.end(
      JSON.stringify({
        ...message,
        content: [{ type: "text", text: WORDS.join("") }],
        stop_reason: "end_turn",
        usage: USAGE,
      }),
    );
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  const send = (event) => response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  send({
    type: "message_start",
    message: { ...message, content: [], stop_reason: null, usage: { ...USAGE, output_tokens: 1 } },
  });
  send({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } });
  for (const word of WORDS) {
    send({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: word } });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  send({ type: "content_block_stop", index: 0 });
  send({
    type: "message_delta",
    delta: { stop_reason: "end_turn", stop_sequence: null },
    usage: { output_tokens: USAGE.output_tokens },
  });
  send({ type: "message_stop" });
  response.end();
}).listen(8080, "0.0.0.0");
