import type { FastifyInstance } from "fastify";
import { createLogger } from "../../../services/shared/logger";
import { buildApp } from "../../../services/simulated-provider/app";
import { callApp } from "../../support/services/call-app";

let app: FastifyInstance;
beforeEach(() => {
  app = buildApp({ logger: createLogger({ name: "test", level: "silent" }), paceMs: 0 });
});
afterEach(() => app.close());

const headers = { "x-api-key": "any", "anthropic-version": "2023-06-01" };
const body = (extra: object = {}) => ({
  model: "claude-x",
  max_tokens: 500,
  messages: [{ role: "user", content: "what is this?" }],
  ...extra,
});
const post = (payload: object, url = "/v1/messages") =>
  callApp(app, { method: "POST", url, headers, payload });

test("an answer says that it is simulated, repeats the question, and counts by rule", async () => {
  const [first, second] = [(await post(body())).json(), (await post(body())).json()];
  expect(first).toEqual(second);
  expect(first.content[0].text).toMatch(/^\[simulated\].*"what is this\?"/);
  expect(first).toMatchObject({
    type: "message",
    role: "assistant",
    model: "claude-x",
    stop_reason: "end_turn",
  });
  const counted = (await post(body(), "/v1/messages/count_tokens")).json();
  expect(first.usage.input_tokens).toBe(counted.input_tokens);
  expect(first.usage.output_tokens).toBe(Math.ceil(first.content[0].text.length / 4));
});

test("a stream has the events of the real API in their order, and the same text", async () => {
  const response = await post(body({ stream: true }));
  const events = response.body
    .trim()
    .split("\n\n")
    .map((block) => JSON.parse(block.split("\ndata: ")[1] ?? ""));
  const types = events.map((event) => event.type);
  expect(types.filter((type) => type !== "content_block_delta")).toEqual([
    "message_start",
    "content_block_start",
    "ping",
    "content_block_stop",
    "message_delta",
    "message_stop",
  ]);
  const text = events.map((event) => event.delta?.text ?? "").join("");
  const whole = (await post(body())).json();
  expect(text).toBe(whole.content[0].text);
  expect(events.at(-2).usage.output_tokens).toBe(whole.usage.output_tokens);
});

test("max_tokens and stop sequences end an answer", async () => {
  const short = (await post(body({ max_tokens: 3 }))).json();
  expect(short).toMatchObject({ stop_reason: "max_tokens", usage: { output_tokens: 3 } });
  const stopped = (await post(body({ stop_sequences: ["model"] }))).json();
  expect(stopped).toMatchObject({ stop_reason: "stop_sequence", stop_sequence: "model" });
  expect(stopped.content[0].text).not.toContain("model");
});

test.each([
  [body({ max_tokens: 0 }), "max_tokens"],
  [{ ...body(), max_tokens: undefined }, "max_tokens"],
  [{ ...body(), model: undefined }, "model"],
  [body({ messages: [] }), "messages"],
  [body({ messages: [{ role: "assistant", content: "x" }] }), "messages.0.role"],
])("a bad request is refused in Anthropic's shape: %#", async (payload, field) => {
  const response = await post(payload);
  expect(response.statusCode).toBe(400);
  expect(response.json()).toMatchObject({
    type: "error",
    error: { type: "invalid_request_error", message: expect.stringContaining(field) },
    request_id: response.headers["request-id"],
  });
});

test("a key must be there", async () => {
  const response = await callApp(app, { url: "/v1/models" });
  expect(response.statusCode).toBe(401);
  expect(response.json().error.type).toBe("authentication_error");
  expect((await callApp(app, { url: "/v1/models", headers })).json().data.length).toBeGreaterThan(0);
  expect((await callApp(app, { url: "/v1/nope", headers })).json().error.type).toBe("not_found_error");
});
