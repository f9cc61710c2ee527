import OpenAI from "openai";
import { failWith } from "../../../support/services/fake-anthropic";
import { useLiveGateway } from "../../../support/services/live-gateway";
import { MASTER_KEY, MODEL } from "../../../support/services/test-gateway";
import { ask, CHAT, MESSAGES, RESPONSES } from "../../../support/services/wire-apis";

const live = useLiveGateway();
const TOO_LONG = "prompt is too long: 210000 tokens > 200000 maximum";

beforeEach(() => {
  live.upstream.script = failWith(400, "invalid_request_error", TOO_LONG);
});

test("a conversation that is too long ends a stream of responses, so that Codex shortens it", async () => {
  const response = await ask(live.url, RESPONSES.path, RESPONSES.body({ stream: true }));
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
  const events = (await response.text())
    .split("\n\n")
    .filter((event) => event !== "")
    .map((event) => JSON.parse(event.split("\ndata: ")[1] as string));
  expect(events.map(({ type, sequence_number }) => [type, sequence_number])).toEqual([
    ["response.created", 0],
    ["response.in_progress", 1],
    ["error", 2],
    ["response.failed", 3],
  ]);
  expect(events[3].response).toMatchObject({
    status: "failed",
    output: [],
    error: { code: "context_length_exceeded", message: expect.stringContaining(TOO_LONG) },
  });
  expect(live.rows()).toMatchObject([{ status: 400, isStream: true, costNanoUsd: 0 }]);
});

test("OpenAI's client throws it", async () => {
  const client = new OpenAI({ apiKey: MASTER_KEY, baseURL: `${live.url}/v1`, maxRetries: 0 });
  const stream = await client.responses.create({ model: MODEL, input: "hi", stream: true });
  const read = async () => {
    for await (const _event of stream);
  };
  await expect(read()).rejects.toMatchObject({ code: "context_length_exceeded" });
});

test.each([
  ["responses without a stream", RESPONSES.path, RESPONSES.body()],
  ["chat completions", CHAT.path, CHAT.body({ stream: true })],
  ["messages", MESSAGES.path, MESSAGES.body({ stream: true })],
])("%s: a status", async (_name, path, body) => {
  const response = await ask(live.url, path, body);
  expect(response.status).toBe(400);
  expect(await response.text()).toContain(TOO_LONG);
});

test("other errors before the answer have their status", async () => {
  live.upstream.script = failWith(400, "invalid_request_error", "no such tool");
  const response = await ask(live.url, RESPONSES.path, RESPONSES.body({ stream: true }));
  expect(response.status).toBe(400);
});
