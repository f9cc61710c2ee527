import { setTimeout as wait } from "node:timers/promises";
import type { Dispatcher } from "undici";
import { clientClosed, shuttingDown } from "../../../../services/gateway/errors/catalogue";
import { drain, LeftAnswers } from "../../../../services/gateway/providers/in-flight";
import { MessageSource } from "../../../../services/gateway/providers/message-source";
import { SseParser } from "../../../../services/gateway/providers/sse-parser";
import { Secret } from "../../../../services/shared/secret";
import { chunkFrame, exceptionFrame } from "../../../support/services/aws-frames";
import { eventually } from "../../../support/services/eventually";
import {
  encodeEvents,
  FakeAnthropic,
  messageEvents,
  messageStart,
  type Script,
  stallAfter,
  textDelta,
} from "../../../support/services/fake-anthropic";
import { type BedrockScript, FakeBedrock, sendFrames } from "../../../support/services/fake-bedrock";
import { WITHIN_CONTENT } from "../../../support/services/faults";
import {
  anthropicDeployment,
  buildTestGateway,
  type TestGateway,
} from "../../../support/services/test-gateway";
import { ask, CHAT, WIRE_APIS } from "../../../support/services/wire-apis";

describe("in flight", () => {
  let upstream: FakeAnthropic;
  let gateway: TestGateway;
  let url: string;

  beforeEach(async () => {
    upstream = await FakeAnthropic.start();
    gateway = buildTestGateway({ upstreamUrl: upstream.url });
    url = await gateway.listen();
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.stop();
  });

  const rows = () => [...gateway.audit.rows.values()];

  describe.each(WIRE_APIS)("$name: a client that leaves", (api) => {
    test.each<[string, boolean, Script]>([
      ["in the middle of a stream", true, stallAfter(WITHIN_CONTENT)],
      ["while a JSON answer is made", false, stallAfter(WITHIN_CONTENT)],
      ["before the provider answers", true, () => {}],
    ])("%s frees the provider at once and leaves a row", async (_name, stream, script) => {
      upstream.script = script;
      const abort = new AbortController();
      const request = ask(url, api.path, api.body({ stream }), { signal: abort.signal }).then((response) =>
        response.text(),
      );
      request.catch(() => {});
      await eventually(() => upstream.requests.length === 1);
      await wait(50);
      const before = Date.now();
      abort.abort();
      await upstream.lastRequest.aborted;
      // 50 ms where nothing else runs.
      expect(Date.now() - before).toBeLessThan(500);
      await eventually(() => rows().length === 1);
      expect(rows()).toMatchObject([{ status: 499, errorType: "client_closed" }]);
      await eventually(() => gateway.inFlight.size === 0);
    });

    test("pays for what was delivered", async () => {
      upstream.script = stallAfter(WITHIN_CONTENT);
      const abort = new AbortController();
      const response = await ask(url, api.path, api.body({ stream: true }), { signal: abort.signal });
      await response.body?.getReader().read();
      abort.abort();
      await eventually(() => rows().length === 1);
      // 300 bytes count as 100 tokens: 10 × 3000 + 100 × 15000 + 4 × 300 + 3 × 3750
      expect(rows()).toMatchObject([
        { status: 499, inputTokens: 10, outputTokens: 100, isUsageEstimated: true, costNanoUsd: 1_542_450 },
      ]);
    });
  });

  test("a client that leaves while it sends its body leaves a row and no room taken", async () => {
    const abort = new AbortController();
    const stuck = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"model":')),
    });
    const init = { body: stuck, duplex: "half", signal: abort.signal } as object;
    const request = ask(url, CHAT.path, "", init);
    request.catch(() => {});
    await wait(100);
    abort.abort();
    await eventually(() => rows().length === 1);
    expect(rows()).toMatchObject([{ status: 499 }]);
    expect(upstream.requests).toHaveLength(0);
  });
});

describe("left answers", () => {
  jest.mock("undici/lib/util/timers.js", () => jest.requireActual("../../../support/services/exact-timers"));

  const EVENTS = messageEvents(["Hello", " from Bedrock"]);
  const isDelta = ({ type }: { type: string }) => type === "content_block_delta";
  const BEGUN = EVENTS.slice(0, EVENTS.findIndex(isDelta) + 1);

  describe("a client that leaves an answer of Bedrock", () => {
    const KEY = "sk-a-key-with-a-budget";
    const MAX_TOKENS = 1000;
    const OUTPUT_NANO = 15_000;
    /** 10 plain, 3 to and 4 from the cache, 7 out. */
    const COST_NANO = 10 * 3000 + 3 * 3750 + 4 * 300 + 7 * OUTPUT_NANO;

    let bedrock: FakeBedrock;
    let gateway: TestGateway;
    let url: string;
    /** Goes on with the answer that was begun last. */
    let goOn: (script: BedrockScript) => void;

    beforeEach(async () => {
      bedrock = await FakeBedrock.start("us-east-1", { accessKeyId: "a", secretAccessKey: "b" }, "the-key");
      gateway = buildTestGateway({
        deployments: [
          anthropicDeployment({
            upstreamModel: "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            baseUrl: bedrock.url,
            access: {
              provider: "bedrock",
              region: "us-east-1",
              credentials: { apiKey: new Secret("the-key") },
              api: "invoke",
            },
          }),
        ],
      });
      url = await gateway.listen();
      await gateway.addKey(KEY, { maxBudgetNanoUsd: 1_000_000_000, maxParallelRequests: 1 });
    });
    afterEach(async () => {
      await gateway.close();
      await bedrock.stop();
    });

    const rows = () => [...gateway.audit.rows.values()];
    const running = () => [gateway.inFlight.size, gateway.inFlight.left.size];

    /** Begins an answer with these events, and leaves. */
    async function leave(api: (typeof WIRE_APIS)[number], stream: boolean, events: readonly object[]) {
      bedrock.script = (response, request) => {
        if (events.length > 0) sendFrames(response, events);
        goOn = (script) => script(response, request);
      };
      const client = new AbortController();
      const count = bedrock.requests.length;
      const body = api.body({
        stream,
        [api.name === "responses" ? "max_output_tokens" : "max_tokens"]: MAX_TOKENS,
      });
      const asked = ask(url, api.path, body, {
        signal: client.signal,
        headers: { authorization: `Bearer ${KEY}` },
      });
      asked.then((response) => response.text()).catch(() => {});
      await eventually(() => bedrock.requests.length > count);
      // What was begun has arrived: some of it was passed on.
      if (stream && events.some((event) => isDelta(event as { type: string }))) await asked;
      client.abort();
      await eventually(() => gateway.inFlight.left.size === 1);
    }

    const end: BedrockScript = (response) => {
      if (!response.headersSent) sendFrames(response, BEGUN);
      response.end(Buffer.concat(EVENTS.slice(BEGUN.length).map(chunkFrame)));
    };

    describe.each(WIRE_APIS)("$name", (api) => {
      test.each<[string, boolean, readonly object[]]>([
        ["in the middle of a stream", true, BEGUN],
        ["while a JSON answer is made", false, BEGUN],
        ["before the first event", true, []],
      ])("%s: it is read to its end, and charged what Bedrock bills", async (_name, stream, events) => {
        await leave(api, stream, events);
        // The money stays put aside; the place of the client is free.
        expect(rows()).toEqual([]);
        expect(gateway.ledger.reservedNano).toBeGreaterThan(COST_NANO);
        await eventually(() => gateway.inFlight.size === 0);
        goOn(end);
        await eventually(() => rows().length === 1);
        expect(rows()).toMatchObject([
          {
            status: 499,
            errorType: "client_closed",
            inputTokens: 10,
            outputTokens: 7,
            isUsageEstimated: false,
            costNanoUsd: COST_NANO,
          },
        ]);
        await eventually(() => gateway.ledger.reservedNano === 0);
        expect(running()).toEqual([0, 0]);
      });
    });

    const [chat] = WIRE_APIS as [(typeof WIRE_APIS)[number]];

    test("may ask for another one at once", async () => {
      await leave(chat, true, BEGUN);
      const endFirst = goOn;
      await leave2();
      endFirst(end);
      await eventually(() => rows().length === 2);

      async function leave2() {
        bedrock.script = (response) => void sendFrames(response, EVENTS).end();
        const response = await ask(url, chat.path, chat.body({ max_tokens: 10 }), {
          headers: { authorization: `Bearer ${KEY}` },
        });
        expect(response.status).toBe(200);
        await response.text();
      }
    });

    test.each<[string, BedrockScript, number]>([
      // Bedrock may go on unseen.
      ["the connection breaks", (response) => void response.destroy(), MAX_TOKENS],
      // 5 bytes were delivered, and one token was reported.
      [
        "Bedrock says that it failed",
        (response) => void response.end(exceptionFrame("modelStreamErrorException", "")),
        2,
      ],
    ])("%s: the rest is charged as far as it may be billed", async (_name, script, outputTokens) => {
      await leave(chat, true, BEGUN);
      goOn(script);
      await eventually(() => rows().length === 1);
      expect(rows()).toMatchObject([{ status: 499, inputTokens: 10, outputTokens, isUsageEstimated: true }]);
      await eventually(() => gateway.inFlight.left.size === 0);
    });

    /** The client keeps a connection that it has never used. */
    function stop(graceMs: number): Promise<void> {
      gateway.app.server.closeAllConnections();
      return drain(gateway.app, gateway.inFlight, graceMs);
    }

    test("while the gateway stops: it has the time that running answers have", async () => {
      await leave(chat, true, BEGUN);
      const stopped = stop(60_000);
      goOn(end);
      await stopped;
      expect(rows()).toMatchObject([{ status: 499, outputTokens: 7, isUsageEstimated: false }]);
    });

    test.each([true, false])(
      "and that does not end in time is charged as asked for (stream: %s)",
      async (stream) => {
        await leave(chat, stream, BEGUN);
        await stop(50);
        expect(rows()).toMatchObject([
          { status: 499, inputTokens: 10, outputTokens: MAX_TOKENS, isUsageEstimated: true },
        ]);
        expect(gateway.inFlight.left.size).toBe(0);
      },
    );
  });

  describe("what is read of answers that nobody waits for is bounded", () => {
    const controller = { pause: jest.fn(), resume: jest.fn(), abort: jest.fn() };
    const asController = controller as unknown as Dispatcher.DispatchController;
    beforeEach(() => jest.clearAllMocks());

    function open(isBilledWhole = true): { source: MessageSource; failed: Promise<unknown> } {
      const source = new MessageSource({
        contentType: "x/y",
        decoder: () => new SseParser(),
        isBilledWhole,
        redact: (text) => text,
        readError: () => ({}) as never,
      });
      source.onRequestStart(asController);
      source.onResponseStart(asController, 200, { "content-type": "x/y" });
      source.onResponseData(asController, Buffer.from(encodeEvents([messageStart(), textDelta("a")])));
      return { source, failed: source.read(() => {}).catch((error: unknown) => error) };
    }

    test("by their number", async () => {
      const left = new LeftAnswers({ maxAnswers: 1 });
      const first = open();
      const second = open();
      left.take(first.source, clientClosed(), 1);
      left.take(second.source, clientClosed(), 1);
      await expect(second.failed).resolves.toMatchObject({ status: 499 });
      expect([left.size, controller.abort.mock.calls.length]).toEqual([1, 1]);
      first.source.onResponseData(asController, Buffer.from(encodeEvents([{ type: "message_stop" }])));
      await expect(first.failed).resolves.toMatchObject({ status: 499 });
      expect(left.size).toBe(0);
    });

    test("by the bytes of their requests", async () => {
      const left = new LeftAnswers({ maxRequestBytes: 10 });
      const sources = [6, 6, 4].map((bytes) => {
        const one = open();
        left.take(one.source, clientClosed(), bytes);
        return one;
      });
      await expect(sources[1]?.failed).resolves.toMatchObject({ status: 499 });
      expect(left.size).toBe(2);
      left.endAll(shuttingDown());
      expect(left.size).toBe(0);
    });

    test("by time", async () => {
      jest.useFakeTimers();
      try {
        const left = new LeftAnswers({ maxMs: 1000 });
        const { source, failed } = open();
        left.take(source, clientClosed(), 1);
        jest.advanceTimersByTime(999);
        expect(left.size).toBe(1);
        jest.advanceTimersByTime(1);
        expect(left.size).toBe(0);
        await expect(failed).resolves.toMatchObject({ status: 499 });
        expect(source.progress.bill).toBe("open");
      } finally {
        jest.useRealTimers();
      }
    });

    test("and one that stops with its connection is not read at all", async () => {
      const left = new LeftAnswers();
      const { source, failed } = open(false);
      left.take(source, clientClosed(), 1);
      await expect(failed).resolves.toMatchObject({ status: 499 });
      expect(left.size).toBe(0);
    });
  });
});
