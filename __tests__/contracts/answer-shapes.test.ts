import { bodyOf, type Dialect } from "../support/enforcement/bodies";
import { closeRaw, type RawResponse, sendRaw } from "../support/enforcement/raw-request";
import { keyOf, modelOf, type RulesGateway, startRulesGateway } from "../support/enforcement/rules-gateway";
import { BROKEN_STREAMS, STREAMS } from "../support/services/message-streams";
import { TypeShapes } from "../support/shapes/type-shapes";

/**
 * Everything that a client may get is held against the types of the official client, member by member: whole answers, each
 * event of a stream, errors before and in the middle of one.
 */
const LANE = "a";
const PATHS: Readonly<Record<Dialect, string>> = {
  chat: "/v1/chat/completions",
  messages: "/v1/messages",
  responses: "/v1/responses",
};
/** Members that the types do not know: thinking and cache, as other gateways and clients agreed on them. */
const BEYOND_CHAT = [
  ...["delta.reasoning_content", "delta.thinking_blocks", "message.reasoning_content"],
  ...["message.thinking_blocks", "usage.cache_read_input_tokens", "usage.cache_creation_input_tokens"],
  "usage.prompt_tokens_details.cache_creation_tokens",
];
/** The API sends these, though its types do not have them. */
const BEYOND_RESPONSES = [
  ...["response.store", "ResponseObject.store", "ResponseStreamEvent.name", "ResponseStreamEvent.error"],
  ...["item.status", "output.status"],
];
const TOOLS: Readonly<Record<Dialect, object>> = {
  chat: {
    tools: [{ type: "function", function: { name: "read_file", parameters: { type: "object" } } }],
    stream_options: { include_usage: true },
  },
  messages: { tools: [{ name: "read_file", input_schema: { type: "object" } }] },
  responses: {
    tools: [
      { type: "function", name: "read_file", parameters: { type: "object" }, strict: false },
      { type: "custom", name: "write_file" },
    ],
    include: ["reasoning.encrypted_content"],
    reasoning: { effort: "low", summary: "auto" },
  },
};

let openai: TypeShapes;
let anthropic: TypeShapes;
let rules: RulesGateway;

beforeAll(async () => {
  openai = new TypeShapes("openai-shapes");
  anthropic = new TypeShapes("anthropic-shapes");
  rules = await startRulesGateway([LANE]);
}, 60_000);
afterAll(async () => {
  closeRaw();
  await rules.close();
});

function ask(dialect: Dialect, stream: boolean, more: object = {}): Promise<RawResponse> {
  const model = modelOf(LANE, "anthropic", "first attempt");
  return sendRaw(rules.url, {
    method: "POST",
    path: PATHS[dialect],
    headers: { authorization: `Bearer ${keyOf("standard")}`, "content-type": "application/json" },
    body: JSON.stringify({ model, stream, ...bodyOf(dialect, { more: { ...TOOLS[dialect], ...more } }) }),
  });
}

/** Data of the events of a stream. */
function eventsOf(body: string): unknown[] {
  const data = [...body.matchAll(/^data: ([^\n]*)/gm)].map(([, text = ""]) => text);
  return data.filter((text) => text !== "[DONE]").map((text) => JSON.parse(text) as unknown);
}

/** @returns what does not fit */
function checkEvent(dialect: Dialect, event: unknown): string[] {
  if (dialect === "messages") return anthropic.mismatches(event, "StreamEvent");
  if (dialect === "responses") return openai.mismatches(event, "ResponseStreamEvent", BEYOND_RESPONSES);
  const isError = Object.hasOwn(event as object, "error");
  return openai.mismatches(event, isError ? "ErrorBody" : "ChatCompletionChunk", BEYOND_CHAT);
}

function checkWhole(dialect: Dialect, answer: unknown): string[] {
  if (dialect === "messages") return anthropic.mismatches(answer, "Message");
  return dialect === "chat"
    ? openai.mismatches(answer, "ChatCompletion", BEYOND_CHAT)
    : openai.mismatches(answer, "ResponseObject", BEYOND_RESPONSES);
}

const checkError = (dialect: Dialect, body: unknown) =>
  dialect === "messages" ? anthropic.mismatches(body, "ErrorBody") : openai.mismatches(body, "ErrorBody");

/** What the fixtures themselves have that no provider sends. */
const isRegular = (name: string) => name !== "unknown events";

describe.each<Dialect>(["chat", "messages", "responses"])("%s", (dialect) => {
  it.each(Object.entries(STREAMS).filter(([name]) => isRegular(name)))(
    "a whole answer: %s",
    async (_name, events) => {
      rules.provider.events = events;
      const { status, body } = await ask(dialect, false);
      expect(status).toBe(200);
      expect(checkWhole(dialect, JSON.parse(body))).toEqual([]);
    },
  );

  it.each(Object.entries({ ...STREAMS, ...BROKEN_STREAMS }).filter(([name]) => isRegular(name)))(
    "each event of a stream: %s",
    async (_name, events) => {
      rules.provider.events = events;
      const { status, body } = await ask(dialect, true);
      expect(status).toBe(200);
      const found = eventsOf(body);
      expect(found.length).toBeGreaterThan(1);
      expect(found.flatMap((event) => checkEvent(dialect, event))).toEqual([]);
    },
  );

  it.each<[string, object, number]>([
    ["a parameter that is wrong", { stream: "x" }, 400],
    ["a model that nobody has", { model: "x" }, 404],
  ])("an error: %s", async (_name, more, status) => {
    const answer = await ask(dialect, false, more);
    expect(answer.status).toBe(status);
    expect(checkError(dialect, JSON.parse(answer.body))).toEqual([]);
  });

  it.each([400, 429, 500, 529])("an error of the provider: %i", async (status) => {
    rules.provider.script = (response) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify({ type: "error", error: { type: "api_error", message: "no" } }));
    };
    const answer = await ask(dialect, true);
    rules.provider.script = undefined;
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(checkError(dialect, JSON.parse(answer.body))).toEqual([]);
  });
});

it("models are listed as OpenAI does", async () => {
  const headers = { authorization: `Bearer ${keyOf("standard")}` };
  const list = await sendRaw(rules.url, { method: "GET", path: "/v1/models", headers });
  expect(openai.mismatches(JSON.parse(list.body), "ModelList")).toEqual([]);
  const one = await sendRaw(rules.url, { method: "GET", path: "/v1/models/claude-haiku-4-5", headers });
  expect(openai.mismatches(JSON.parse(one.body), "Model")).toEqual([]);
});

it("finds what is missing, unknown or of another type", () => {
  const chunk = { id: "a", object: "chat.completion.chunk", created: 1, model: "m", choices: [] };
  expect(openai.mismatches(chunk, "ChatCompletionChunk")).toEqual([]);
  expect(openai.mismatches({ ...chunk, id: 1, created: undefined, x: 1 }, "ChatCompletionChunk")).toEqual([
    "ChatCompletionChunk.id is 1, not string",
    "ChatCompletionChunk.created is missing",
    "ChatCompletionChunk.x is unknown",
  ]);
  expect(
    openai.mismatches({ type: "response.output_text.delta", delta: "x" }, "ResponseStreamEvent"),
  ).toEqual([
    "ResponseStreamEvent.content_index is missing",
    "ResponseStreamEvent.item_id is missing",
    "ResponseStreamEvent.logprobs is missing",
    "ResponseStreamEvent.output_index is missing",
    "ResponseStreamEvent.sequence_number is missing",
  ]);
});
