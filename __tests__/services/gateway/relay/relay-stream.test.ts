import OpenAI from "openai";
import { chatCompletions } from "../../../../services/gateway/generation/wire-apis";
import { eventually } from "../../../support/services/eventually";
import {
  answerWith,
  dropAfter,
  encodeEvents,
  messageEvents,
  type Script,
  textDelta,
} from "../../../support/services/fake-anthropic";
import {
  BEFORE_CONTENT,
  FAULTS_OF_HEAD,
  faultsAfter,
  SAID,
  WITHIN_CONTENT,
  withoutEnd,
} from "../../../support/services/faults";
import { expectNothingHeld } from "../../../support/services/gauges";
import { useLiveGateway } from "../../../support/services/live-gateway";
import { MASTER_KEY, MODEL } from "../../../support/services/test-gateway";
import { ask, CHAT, errorShape, WIRE_APIS } from "../../../support/services/wire-apis";

jest.mock("undici/lib/util/timers.js", () => jest.requireActual("../../../support/services/exact-timers"));

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
