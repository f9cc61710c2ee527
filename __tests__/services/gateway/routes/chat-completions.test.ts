import { setTimeout as wait } from "node:timers/promises";
import OpenAI from "openai";
import { eventually } from "../../../support/services/eventually";
import {
  answerWith,
  dropAfter,
  encodeEvents,
  FakeAnthropic,
  type FakeEvent,
  failWith,
  messageEvents,
  messageStart,
  stallAfter,
  textDelta,
} from "../../../support/services/fake-anthropic";
import {
  buildTestGateway,
  MASTER_KEY,
  MODEL,
  type TestGateway,
} from "../../../support/services/test-gateway";

let upstream: FakeAnthropic;
let gateway: TestGateway;
let url: string;

beforeEach(async () => {
  upstream = await FakeAnthropic.start();
  gateway = buildTestGateway({ upstreamUrl: upstream.url, timeouts: { firstByteMs: 1000, idleMs: 1000 } });
  url = await gateway.listen();
});
afterEach(async () => {
  await gateway.close();
  await upstream.stop();
});

const body = (extra: object = {}) => ({
  model: MODEL,
  messages: [{ role: "user", content: "hi" }],
  ...extra,
});

function post(
  payload: object | string,
  init: RequestInit = {},
  path = "/v1/chat/completions",
): Promise<Response> {
  return fetch(url + path, {
    method: "POST",
    headers: {
      authorization: `Bearer ${MASTER_KEY}`,
      "content-type": "application/json",
      "user-agent": "test-agent/1",
    },
    body: typeof payload === "string" ? payload : JSON.stringify(payload),
    ...init,
  });
}

const errorOf = async (response: Response) =>
  ((await response.json()) as { error: Record<string, unknown> }).error;
const rows = () => [...gateway.audit.rows.values()];
const event = (fields: FakeEvent) => fields;

test.each(["/v1/chat/completions", "/chat/completions"])(
  "POST %s answers in OpenAI's shape",
  async (path) => {
    const response = await post(body({ user: "customer-1" }), {}, path);
    expect(response.status).toBe(200);
    const id = response.headers.get("x-request-id");
    expect(response.headers.get("x-litellm-call-id")).toBe(id);
    expect(await response.json()).toEqual({
      id: `chatcmpl-${id}`,
      object: "chat.completion",
      created: expect.any(Number),
      model: MODEL,
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "Hello world", refusal: null },
          logprobs: null,
          finish_reason: "stop",
        },
      ],
      usage: {
        prompt_tokens: 17,
        completion_tokens: 7,
        total_tokens: 24,
        prompt_tokens_details: { cached_tokens: 4, cache_creation_tokens: 3 },
        cache_creation_input_tokens: 3,
        cache_read_input_tokens: 4,
      },
    });
    expect(rows()).toEqual([
      {
        requestId: id,
        startedAt: expect.any(Date),
        callerKind: "master",
        keyId: null,
        keyHash: null,
        keyAlias: null,
        userId: null,
        workspace: null,
        scope: null,
        endUser: "customer-1",
        route: path,
        modelRequested: MODEL,
        modelUsed: "claude-sonnet-4-5-20250929",
        deployment: `${MODEL}/0`,
        attempts: 1,
        status: 200,
        errorType: null,
        inputTokens: 10,
        outputTokens: 7,
        reasoningTokens: 0,
        cacheReadTokens: 4,
        cacheWriteTokens: 3,
        cacheWrite1hTokens: 0,
        isUsageEstimated: false,
        // 10 × 3000 + 7 × 15000 + 4 × 300 + 3 × 3750
        costNanoUsd: 147_450,
        latencyMs: expect.any(Number),
        ttftMs: expect.any(Number),
        isStream: false,
        userAgent: "test-agent/1",
        client: "test-agent/1",
        sessionId: null,
        enforcementLevel: null,
        promptHash: null,
        actor: null,
        target: null,
        changed: null,
      },
    ]);
  },
);

test("the row says which workspace, client and conversation a request came from", async () => {
  const key = "sk-key-of-a-workspace-1";
  await gateway.addKey(key, { metadata: { scope: "workspace:w-7" } });
  const headers = {
    authorization: `Bearer ${key}`,
    "content-type": "application/json",
    "user-agent": "claude-cli/2.1.330 (external, cli)",
  };
  const named = body({ metadata: { session_id: "s-body" } });
  await (await post(named, { headers })).text();
  await (await post(named, { headers: { ...headers, "x-claude-code-session-id": "s-head" } })).text();
  const common = { workspace: "w-7", scope: "workspace:w-7", client: "claude-code/2.1.330" };
  expect(rows()).toMatchObject([
    { ...common, sessionId: "s-body" },
    { ...common, sessionId: "s-head" },
  ]);
});

test("thinking is counted within the output", async () => {
  const usage = { output_tokens: 7, output_tokens_details: { thinking_tokens: 5 } };
  upstream.script = answerWith([
    ...messageEvents(["Hello"]).filter(({ type }) => type !== "message_delta" && type !== "message_stop"),
    { type: "message_delta", delta: { stop_reason: "end_turn" }, usage },
    { type: "message_stop" },
  ]);
  expect((await post(body())).status).toBe(200);
  expect(rows()).toMatchObject([{ outputTokens: 7, reasoningTokens: 5 }]);
});

test("the provider gets its own credential and version, never the caller's key", async () => {
  await post(body());
  const { headers, path } = upstream.lastRequest;
  expect(path).toBe("/v1/messages");
  expect(headers).toMatchObject({ "x-api-key": "upstream-credential", "anthropic-version": "2023-06-01" });
  expect(JSON.stringify(headers)).not.toContain(MASTER_KEY);
});

test("a stream: role first, usage on demand, [DONE] at the end", async () => {
  const response = await post(body({ stream: true, stream_options: { include_usage: true } }));
  expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
  const text = await response.text();
  const lines = text.split("\n\n").filter((line) => line.startsWith("data: "));
  expect(lines.at(-1)).toBe("data: [DONE]");
  const chunks = lines.slice(0, -1).map((line) => JSON.parse(line.slice(6)));
  expect(chunks.map((chunk) => chunk.choices[0]?.delta)).toEqual([
    { role: "assistant", content: "" },
    { content: "Hello" },
    { content: " world" },
    {},
    undefined,
  ]);
  expect(chunks.at(-2)).toMatchObject({ choices: [{ finish_reason: "stop" }], usage: null });
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 24 } });
  expect(rows()).toMatchObject([{ status: 200, isStream: true, costNanoUsd: 147_450 }]);
});

test("the connection to the provider is used again after a stream", async () => {
  const sockets = new Set<unknown>();
  upstream.script = (response) => {
    sockets.add(response.socket);
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(encodeEvents(messageEvents(["x"])));
    // The end of the body comes after the end of the message.
    setTimeout(() => response.end(), 10);
  };
  for (let count = 0; count < 3; count += 1) {
    await (await post(body({ stream: true }))).text();
    await wait(50);
  }
  expect(sockets.size).toBe(1);
});

test("an answer without any content is an answer", async () => {
  upstream.script = answerWith(messageEvents([]));
  expect(await (await post(body())).json()).toMatchObject({ choices: [{ message: { content: "" } }] });
  const text = await (await post(body({ stream: true }))).text();
  expect(text).toMatch(/"role":"assistant".*\n\n.*"finish_reason":"stop".*\n\ndata: \[DONE\]/);
});

test.each([
  ["no JSON", "{", 400, null],
  ["no model", { messages: [] }, 400, "model"],
  ["no messages", { model: MODEL, messages: [] }, 400, "messages"],
  ["tools", body({ tools: [{ type: "function", function: { name: "f" } }] }), 400, "tools"],
  [
    "an image",
    body({ messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "x" } }] }] }),
    400,
    "messages.0.content.0",
  ],
  ["an unknown field", body({ frobnicate: 1 }), 400, "frobnicate"],
  ["an unknown model", { ...body(), model: "gpt-nope" }, 400, "model"],
  ["a model without deployment", { ...body(), model: "without-deployment" }, 503, null],
])(
  "refuses %s, naming the field, without asking the provider, with a row",
  async (_name, payload, status, param) => {
    const response = await post(payload as object | string);
    expect(response.status).toBe(status);
    const error = await errorOf(response);
    expect(error).toEqual({
      message: expect.any(String),
      type: expect.any(String),
      param,
      code: expect.any(String),
    });
    expect(upstream.requests).toHaveLength(0);
    expect(rows()).toMatchObject([{ status, errorType: error["type"], inputTokens: 0, costNanoUsd: 0 }]);
  },
);

test("parameters without a counterpart are left out and named", async () => {
  const response = await post(body({ seed: 7, temperature: 0 }));
  expect(response.headers.get("x-gateway-dropped-params")).toBe("seed");
  expect(upstream.lastRequest.body).toMatchObject({ temperature: 0 });
  expect(upstream.lastRequest.body).not.toHaveProperty("seed");
});

test.each([
  [400, "invalid_request_error", "max_tokens: wrong", 400, "400"],
  [400, "invalid_request_error", "prompt is too long: 1", 400, "context_length_exceeded"],
  [401, "authentication_error", "invalid x-api-key", 502, "upstream_auth"],
  [403, "permission_error", "no", 502, "upstream_permission"],
  [404, "not_found_error", "model: gone", 502, "upstream_not_found"],
  [429, "rate_limit_error", "slow", 429, "rate_limit_exceeded"],
  [500, "api_error", "boom", 503, "overloaded"],
  [529, "overloaded_error", "busy", 503, "overloaded"],
])(
  "a provider's %i %s becomes the caller's error, JSON and stream",
  async (status, type, message, expected, code) => {
    upstream.script = failWith(status, type, message, { "retry-after": "7" });
    for (const stream of [false, true]) {
      const response = await post(body({ stream }));
      expect(response.status).toBe(expected);
      expect(await errorOf(response)).toMatchObject({ code });
      if (expected === 429) expect(response.headers.get("retry-after")).toBe("7");
    }
    expect(rows()).toMatchObject([{ status: expected }, { status: expected }]);
  },
);

test.each([
  [
    "says error",
    answerWith([
      messageStart(),
      event({ type: "error", error: { type: "overloaded_error", message: "busy" } }),
    ]),
    503,
  ],
  ["is cut off", dropAfter([messageStart()]), 502],
  ["ends early", answerWith([messageStart()]), 503],
  ["stalls", stallAfter([messageStart()]), 504],
  [
    "sends garbage",
    ((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end("data: {nonsense\n\n");
    }) as FakeAnthropic["script"],
    502,
  ],
  [
    "sends a web page",
    ((response) => {
      response.writeHead(200, { "content-type": "text/html" });
      response.end("<h1>hello</h1>");
    }) as FakeAnthropic["script"],
    502,
  ],
  ["never answers", (() => {}) as FakeAnthropic["script"], 504],
])(
  "a provider that %s before any content gives a status, not a broken stream",
  async (_name, script, status) => {
    upstream.script = script;
    for (const stream of [true, false]) {
      const response = await post(body({ stream }));
      expect(response.status).toBe(status);
      await errorOf(response);
    }
    expect(rows()).toMatchObject([{ status, inputTokens: expect.any(Number) }, { status }]);
  },
);

test.each([
  [
    "says error",
    answerWith([
      messageStart(),
      textDelta("par"),
      event({ type: "error", error: { type: "overloaded_error", message: "busy" } }),
    ]),
    503,
  ],
  ["is cut off", dropAfter([messageStart(), textDelta("par")]), 502],
  ["stalls", stallAfter([messageStart(), textDelta("par")]), 504],
])(
  "a provider that %s in the middle ends the stream with an error and without [DONE]",
  async (_name, script, status) => {
    upstream.script = script;
    const text = await (await post(body({ stream: true }))).text();
    expect(text).toContain('"content":"par"');
    expect(text).not.toContain("[DONE]");
    expect(text).not.toContain('"finish_reason":"stop"');
    expect(text.trimEnd().split("\n\n").at(-1)).toMatch(/^data: \{"error":\{"message":/);
    expect(rows()).toMatchObject([{ status, inputTokens: 10, errorType: expect.any(String) }]);
  },
);

test("the OpenAI SDK sees a failure in the middle of a stream as an error", async () => {
  upstream.script = dropAfter([messageStart(), textDelta("par")]);
  const client = new OpenAI({ apiKey: MASTER_KEY, baseURL: `${url}/v1`, maxRetries: 0 });
  const stream = await client.chat.completions.create({
    model: MODEL,
    messages: [{ role: "user", content: "x" }],
    stream: true,
  });
  await expect(
    (async () => {
      for await (const _chunk of stream);
    })(),
  ).rejects.toThrow();
});

test("an unreachable provider is 502", async () => {
  await upstream.stop();
  const response = await post(body());
  expect(response.status).toBe(502);
  expect(await errorOf(response)).toMatchObject({ code: "upstream_unreachable" });
  upstream = await FakeAnthropic.start();
});

describe("a client that leaves", () => {
  test.each([
    ["in the middle of a stream", true, stallAfter([messageStart(), textDelta("par")])],
    ["while a JSON answer is made", false, stallAfter([messageStart(), textDelta("par")])],
    ["before the provider answers", true, (() => {}) as FakeAnthropic["script"]],
  ])("%s frees the provider at once and leaves a row", async (_name, stream, script) => {
    upstream.script = script;
    const abort = new AbortController();
    const request = post(body({ stream }), { signal: abort.signal }).then((response) => response.text());
    request.catch(() => {});
    await eventually(() => upstream.requests.length === 1);
    await wait(50);
    const before = Date.now();
    abort.abort();
    await upstream.lastRequest.aborted;
    expect(Date.now() - before).toBeLessThan(50);
    await eventually(() => rows().length === 1);
    expect(rows()).toMatchObject([{ status: 499, errorType: "client_closed" }]);
    await eventually(() => gateway.inFlight.size === 0);
  });

  test("pays for what was delivered", async () => {
    upstream.script = stallAfter([messageStart(), textDelta("x".repeat(300))]);
    const abort = new AbortController();
    const response = await post(body({ stream: true }), { signal: abort.signal });
    await response.body?.getReader().read();
    abort.abort();
    await eventually(() => rows().length === 1);
    // 300 bytes count as 100 tokens: 10 × 3000 + 100 × 15000 + 4 × 300 + 3 × 3750
    expect(rows()).toMatchObject([
      { status: 499, inputTokens: 10, outputTokens: 100, isUsageEstimated: true, costNanoUsd: 1_542_450 },
    ]);
  });

  test("while it sends its body leaves a row and no room taken", async () => {
    const abort = new AbortController();
    const stuck = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"model":')),
    });
    const request = post("", { body: stuck, duplex: "half", signal: abort.signal } as RequestInit);
    request.catch(() => {});
    await wait(100);
    abort.abort();
    await eventually(() => rows().length === 1);
    expect(rows()).toMatchObject([{ status: 499 }]);
    expect(upstream.requests).toHaveLength(0);
  });
});

test("a slow client holds the provider back instead of filling memory", async () => {
  const piece = "x".repeat(64 * 1024);
  let sent = 0;
  upstream.script = async (response) => {
    response.setMaxListeners(0);
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(encodeEvents([messageStart()]));
    for (let count = 0; count < 1000 && !response.destroyed; count += 1) {
      sent += piece.length;
      if (!response.write(encodeEvents([textDelta(piece)]))) {
        await new Promise<void>((resolve) => response.once("drain", resolve).once("close", resolve));
      }
    }
  };
  const abort = new AbortController();
  const response = await post(body({ stream: true }), { signal: abort.signal });
  const reader = response.body?.getReader();
  await reader?.read();
  // Socket buffers fill, then the provider has to wait.
  let before: number;
  do {
    before = sent;
    await wait(300);
  } while (sent > before);
  expect(sent).toBeLessThan(1000 * piece.length);
  abort.abort();
  await reader?.closed.catch(() => {});
});

test("a body over the limit is 413", async () => {
  const response = await post(body({ messages: [{ role: "user", content: "x".repeat(2 * 1024 * 1024) }] }));
  expect(response.status).toBe(413);
  expect(await errorOf(response)).toMatchObject({ type: "invalid_request_error", code: "413" });
});

test("no log line holds a key or what was said", async () => {
  upstream.script = answerWith(messageEvents(["the-answer-text"]));
  await post(body({ messages: [{ role: "user", content: "the-question-text" }] }));
  await post("{ the-broken-body");
  await fetch(`${url}/key/info?key=sk-asked-about-00000`, {
    headers: { authorization: `Bearer ${MASTER_KEY}` },
  });
  const log = gateway.log.join("");
  for (const secret of [
    MASTER_KEY,
    "upstream-credential",
    "the-answer-text",
    "the-question-text",
    "the-broken-body",
    "sk-asked-about-00000",
  ]) {
    expect(log).not.toContain(secret);
  }
});
