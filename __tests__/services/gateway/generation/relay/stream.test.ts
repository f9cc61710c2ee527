import { setTimeout as wait } from "node:timers/promises";
import OpenAI from "openai";
import { chatCompletions } from "../../../../../services/gateway/generation/wire-api";
import { eventually } from "../../../../support/services/eventually";
import {
  answerWith,
  dropAfter,
  encodeEvents,
  FakeAnthropic,
  failWith,
  messageEvents,
  messageStart,
  type Script,
  textDelta,
} from "../../../../support/services/fake-anthropic";
import {
  BEFORE_CONTENT,
  FAULTS_OF_HEAD,
  faultsAfter,
  SAID,
  WITHIN_CONTENT,
  withoutEnd,
} from "../../../../support/services/faults";
import { expectNothingHeld } from "../../../../support/services/gauges";
import { useLiveGateway } from "../../../../support/services/live-gateway";
import { buildTestGateway, MASTER_KEY, MODEL } from "../../../../support/services/test-gateway";
import {
  ask,
  CHAT,
  errorShape,
  MESSAGES,
  RESPONSES,
  WIRE_APIS,
} from "../../../../support/services/wire-apis";

describe("relay stream", () => {
  jest.mock("undici/lib/util/timers.js", () =>
    jest.requireActual("../../../../support/services/exact-timers"),
  );

  const live = useLiveGateway({ timeouts: { firstByteMs: 3000, idleMs: 300 } });

  describe.each(WIRE_APIS)("$name", (api) => {
    const statusOf = (status: number) => (api.isAnthropic && status === 503 ? 529 : status);

    /** The client of a stream gets a status, and the error in its own form. */
    async function expectStatus(script: Script, status: number): Promise<void> {
      live.upstream.script = script;
      const response = await ask(live.url, api.path, api.body({ stream: true }));
      expect(response.status).toBe(status);
      expect(response.headers.get("content-type")).toMatch(/^application\/json/);
      expect(await response.json()).toEqual(errorShape(api, expect.any(String)));
    }

    test.each(faultsAfter(WITHIN_CONTENT))(
      "a provider that %s in the middle ends the stream with one error, and bills what was delivered",
      async (_name, script, status) => {
        live.upstream.script = script;
        const response = await ask(live.url, api.path, api.body({ stream: true }));
        expect(response.status).toBe(200);
        const text = await response.text();
        expect(text).toContain(SAID);
        expect(text).not.toMatch(api.end);
        expect(text.match(api.streamError)).toHaveLength(1);
        // Nothing follows the error.
        expect(text.trimEnd().split("\n\n").at(-1)).toMatch(/"error":\{/);
        // 300 bytes count as 100 tokens: 10 × 3000 + 100 × 15000 + 4 × 300 + 3 × 3750
        expect(live.rows()).toMatchObject([
          {
            status: statusOf(status),
            isStream: true,
            inputTokens: 10,
            outputTokens: 100,
            isUsageEstimated: true,
            costNanoUsd: 1_542_450,
            errorType: expect.any(String),
          },
        ]);
      },
    );

    test.each(FAULTS_OF_HEAD)("a provider that %s", async (name, script, status) => {
      await expectStatus(script, statusOf(status));
      expect(live.rows()).toMatchObject([{ status: statusOf(status), errorType: expect.any(String) }]);
      // What the provider has not refused it may bill.
      const isBilled = (live.rows()[0]?.costNanoUsd ?? 0) > 0;
      expect(isBilled).toBe(!["is overloaded", "answers with a redirect"].includes(name));
    });

    test.each(faultsAfter(BEFORE_CONTENT))(
      "a provider that %s before any content gives a status, not a broken stream",
      async (_name, script, status) => {
        await expectStatus(script, statusOf(status));
        expect(live.rows()).toMatchObject([
          { status: statusOf(status), isStream: true, inputTokens: 10, errorType: expect.any(String) },
        ]);
      },
    );

    test("an answer without any content is an answer", async () => {
      live.upstream.script = answerWith(messageEvents([]));
      const text = await (await ask(live.url, api.path, api.body({ stream: true }))).text();
      expect(text).toMatch(api.end);
      expect(text.match(api.streamError)).toBeNull();
    });
  });

  test("the OpenAI SDK sees a failure in the middle of a stream as an error", async () => {
    live.upstream.script = dropAfter(WITHIN_CONTENT);
    const client = new OpenAI({ apiKey: MASTER_KEY, baseURL: `${live.url}/v1`, maxRetries: 0 });
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

  test("chat: role first, usage on demand, [DONE] at the end", async () => {
    live.upstream.script = answerWith(messageEvents(["Hello", " world"]));
    const asked = {
      model: MODEL,
      messages: [{ role: "user", content: "hi" }],
      stream: true,
      stream_options: { include_usage: true },
    };
    const response = await ask(live.url, "/v1/chat/completions", asked);
    expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
    const lines = (await response.text()).split("\n\n").filter((line) => line.startsWith("data: "));
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
  });

  test("messages and responses: the events of each API, from the first to the last", async () => {
    live.upstream.script = answerWith(messageEvents(["Hello"]));
    const typesOf = async (path: string, body: object) => {
      const text = await (await ask(live.url, path, { model: MODEL, stream: true, ...body })).text();
      return [...text.matchAll(/^event: (\S+)$/gm)].map(([, type]) => type).filter((type) => type !== "ping");
    };
    const messages = [{ role: "user", content: "hi" }];
    expect(await typesOf("/v1/messages", { max_tokens: 9, messages })).toEqual([
      "message_start",
      "content_block_start",
      "content_block_delta",
      "content_block_stop",
      "message_delta",
      "message_stop",
    ]);
    const types = await typesOf("/v1/responses", { input: "hi" });
    expect([types[0], types.at(-1)]).toEqual(["response.created", "response.completed"]);
  });

  test.each([
    ["the end of an answer", "end", answerWith(messageEvents(["Hello"])), 200],
    ["the error that ends it", "fail", dropAfter(WITHIN_CONTENT), 502],
  ] as const)(
    "an answer ends with its connection when %s cannot be written",
    async (_name, method, script, status) => {
      const create = chatCompletions.createStream;
      const spy = jest.spyOn(chatCompletions, "createStream").mockImplementation((...given) => {
        const stream = create(...given);
        stream[method] = () => {
          throw new RangeError("Invalid string length");
        };
        if (method === "end") stream.fail = stream.end;
        return stream;
      });
      try {
        live.upstream.script = script;
        const answer = ask(live.url, CHAT.path, CHAT.body({ stream: true })).then((response) =>
          response.text(),
        );
        await expect(answer).rejects.toThrow();
        await eventually(() => live.rows().length === 1);
        expect(live.rows()).toMatchObject([{ status, isStream: true }]);
      } finally {
        spy.mockRestore();
      }
      await expectNothingHeld(live.url);
    },
  );

  test.each(WIRE_APIS)(
    "$name: a provider that sends far more than max_tokens allows is cut off, and the stream ends with an error",
    async (api) => {
      live.upstream.script = withoutEnd(encodeEvents([...WITHIN_CONTENT, textDelta("x".repeat(20_000))]));
      const limit = { [api.name === "responses" ? "max_output_tokens" : "max_tokens"]: 1000 };
      const response = await ask(live.url, api.path, api.body({ stream: true, ...limit }));
      const text = await response.text();
      expect(text.match(api.streamError)).toHaveLength(1);
      expect(text).not.toMatch(api.end);
      await live.upstream.lastRequest.aborted;
      expect(live.rows()).toMatchObject([{ status: 502, outputTokens: 1000, isUsageEstimated: true }]);
      await expectNothingHeld(live.url);
    },
  );
});

describe("relay failure", () => {
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
});

test("a slow client holds the provider back instead of filling memory", async () => {
  const upstream = await FakeAnthropic.start();
  const gateway = buildTestGateway({ upstreamUrl: upstream.url });
  const url = await gateway.listen();
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
  const response = await ask(url, CHAT.path, CHAT.body({ stream: true }), { signal: abort.signal });
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
  await gateway.close();
  await upstream.stop();
});
