import { setTimeout as wait } from "node:timers/promises";
import { eventually } from "../../../support/services/eventually";
import {
  answerWith,
  encodeEvents,
  FakeAnthropic,
  messageEvents,
  messageStart,
  stallAfter,
  textDelta,
} from "../../../support/services/fake-anthropic";
import { WITHIN_CONTENT, withoutEnd } from "../../../support/services/faults";
import { expectNothingHeld, readGauges } from "../../../support/services/gauges";
import { RawConnection, rawRequest } from "../../../support/services/raw-connection";
import {
  anthropicDeployment,
  buildTestGateway,
  MASTER_KEY,
  MODEL,
  type TestGateway,
  type TestGatewayProps,
} from "../../../support/services/test-gateway";
import { WIRE_APIS, type WireApiOfTests } from "../../../support/services/wire-apis";

describe("http server", () => {
  const KEY = "sk-a-key-of-the-connections";
  let upstream: FakeAnthropic;
  let gateway: TestGateway;
  let url: string;

  beforeAll(async () => {
    upstream = await FakeAnthropic.start();
  });
  beforeEach(() => {
    upstream.script = answerWith(messageEvents(["Hello"]));
  });
  afterEach(() => gateway.close());
  afterAll(() => upstream.stop());

  async function start(props: TestGatewayProps = {}): Promise<void> {
    gateway = buildTestGateway({ upstreamUrl: upstream.url, ...props });
    url = await gateway.listen();
  }

  const question = (stream: boolean) =>
    JSON.stringify({ model: MODEL, stream, messages: [{ role: "user", content: "x" }] });
  const asking = (key: string, stream = false) =>
    rawRequest("POST", "/v1/chat/completions", {
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: question(stream),
    });
  const ask = () =>
    fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${MASTER_KEY}`, "content-type": "application/json" },
      body: question(false),
    });

  test("pipelined anonymous requests whose connections are reset hold nothing", async () => {
    await start({ durability: () => new Promise((resolve) => setTimeout(resolve, 200, {})) });
    const unknown = rawRequest("POST", "/nope", {
      headers: { "content-type": "application/json", "content-length": "1000000" },
    });
    for (let count = 0; count < 70; count += 1) {
      const connection = await RawConnection.open(url);
      connection.send(rawRequest("GET", "/health/readiness") + unknown);
      setTimeout(() => connection.reset(), 50);
    }
    await eventually(async () => ((await readGauges(url)).get("gateway_connections_open") ?? 99) <= 2);
    await expectNothingHeld(url);
    expect((await ask()).status).toBe(200);
  });

  test.each([
    ["of few pieces waits for its turn", 200, false],
    ["of very many pieces ends the connection", 2000, true],
  ])("a request that is sent ahead with a body %s", async (_what, pieces, isEnded) => {
    let answer = () => {};
    await start({ durability: () => new Promise((resolve) => (answer = () => resolve({}))) });
    const connection = await RawConnection.open(url);
    connection.send(rawRequest("GET", "/health/readiness"));
    await eventually(async () => ((await readGauges(url)).get("gateway_requests_open") ?? 0) === 2);
    connection.send(rawRequest("POST", "/nope", { headers: { "transfer-encoding": "chunked" } }));
    connection.send("1\r\nx\r\n".repeat(pieces));
    if (isEnded) await connection.closed();
    answer();
    if (!isEnded) {
      await connection.answers(2);
      expect(connection.statuses).toEqual([200, 404]);
    }
    connection.close();
    await expectNothingHeld(url);
  });

  test("pipelined requests of a key whose connections are reset hold neither answers nor places", async () => {
    await start({ capacity: { maxAnswers: 100 } });
    const { userId } = await gateway.addKey(KEY, { maxParallelRequests: 20, userId: "someone" });
    expect(userId).toBe("someone");
    upstream.script = stallAfter([messageStart(), textDelta("begun")]);
    for (let count = 0; count < 2; count += 1) {
      const connection = await RawConnection.open(url);
      connection.send(asking(KEY, true).repeat(1000));
      await new Promise((resolve) => setTimeout(resolve, 300));
      connection.reset();
    }
    await expectNothingHeld(url);
    expect(gateway.ledger.reservedNano).toBe(0);
    upstream.script = answerWith(messageEvents(["Hello"]));
    expect((await ask()).status).toBe(200);
  });

  test("a request behind one that is not answered yet waits for it, and takes nothing meanwhile", async () => {
    await start();
    upstream.script = stallAfter([messageStart(), textDelta("begun")]);
    const connection = await RawConnection.open(url);
    const asked = upstream.requests.length;
    connection.send(asking(MASTER_KEY, true) + asking(MASTER_KEY, true));
    await eventually(() => connection.received.includes("begun"));
    expect((await readGauges(url)).get("gateway_answer_places_in_use")).toBe(1);
    expect(upstream.requests).toHaveLength(asked + 1);
    connection.reset();
    await expectNothingHeld(url);
    expect(upstream.requests).toHaveLength(asked + 1);
  });

  test("two requests sent at once are answered one after the other", async () => {
    await start();
    const connection = await RawConnection.open(url);
    connection.send(asking(MASTER_KEY) + rawRequest("GET", "/health/liveness"));
    await connection.answers(2);
    expect(connection.statuses).toEqual([200, 200]);
    await eventually(() => connection.received.endsWith("I'm alive!\""));
    connection.send(rawRequest("GET", "/health/liveness"));
    await connection.answers(3);
    connection.close();
  });

  test("more than one request behind an unanswered one cuts the connection", async () => {
    await start();
    upstream.script = stallAfter([messageStart(), textDelta("begun")]);
    const connection = await RawConnection.open(url);
    connection.send(asking(MASTER_KEY, true));
    await eventually(() => connection.received.includes("begun"));
    connection.send(rawRequest("GET", "/health/liveness").repeat(2));
    await connection.closed();
    await expectNothingHeld(url);
  });

  test("many requests one after the other on a connection leave no listeners behind", async () => {
    await start();
    const warnings: string[] = [];
    const onWarning = ({ name }: Error) => void warnings.push(name);
    process.on("warning", onWarning);
    try {
      const connection = await RawConnection.open(url);
      for (let count = 1; count <= 30; count += 1) {
        connection.send(asking(MASTER_KEY));
        await connection.answers(count);
        await eventually(() => connection.received.split('"object":"chat.completion"').length > count);
      }
      connection.close();
    } finally {
      process.off("warning", onWarning);
    }
    expect(warnings).not.toContain("MaxListenersExceededWarning");
    await expectNothingHeld(url);
  });

  test("connections that send nothing, or no whole head, are closed", async () => {
    await start({ connections: { headersTimeoutMs: 300 } });
    const silent = await RawConnection.open(url);
    const slow = await RawConnection.open(url);
    slow.send("GET /health/liveness HTTP/1.1\r\nhost: gateway\r\n");
    await Promise.all([silent.closed(), slow.closed()]);
  });

  test("a connection that stays idle after its answer is closed", async () => {
    await start({ connections: { keepAliveMs: 200 } });
    const connection = await RawConnection.open(url);
    connection.send(rawRequest("GET", "/health/liveness"));
    await connection.answers();
    await connection.closed();
  });

  test("one address has most of the connections at most, so that others get in", async () => {
    await start({ connections: { maxConnections: 16 } });
    const open = await Promise.all(Array.from({ length: 20 }, () => RawConnection.open(url)));
    await eventually(() => open.filter(({ isClosed }) => isClosed).length >= 6);
    expect(open.filter(({ isClosed }) => !isClosed)).toHaveLength(14);
    for (const connection of open.splice(0, 8)) connection.close();
    await eventually(
      async () => ((await readGauges(url)).get("gateway_connections_refused_total") ?? 0) >= 6,
    );
    for (const connection of open) connection.close();
    await eventually(async () => (await fetch(`${url}/health/liveness`)).status === 200);
  });

  test.each(["CONNECT gateway:443 HTTP/1.1\r\nhost: gateway\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"])(
    "what is no request for us closes the connection: %j",
    async (bytes) => {
      await start();
      const connection = await RawConnection.open(url);
      connection.send(bytes);
      await connection.closed();
    },
  );
});

describe("slow readers", () => {
  const KEY = "sk-a-key-of-slow-readers";
  /** More than the buffers of the system take, and less than an answer may have. */
  const LARGE_ANSWER_BYTES = 20_000_000;

  let upstream: FakeAnthropic;
  let gateway: TestGateway;
  let url: string;

  beforeAll(async () => {
    upstream = await FakeAnthropic.start();
  });
  afterEach(() => gateway.close());
  afterAll(() => upstream.stop());

  async function start(drainTimeoutMs: number): Promise<void> {
    const deployment = anthropicDeployment({ baseUrl: upstream.url, maxOutputTokens: 500_000 });
    gateway = buildTestGateway({ deployments: [deployment], connections: { drainTimeoutMs } });
    url = await gateway.listen();
    await gateway.addKey(KEY, { maxParallelRequests: 1, maxBudgetNanoUsd: 1_000_000_000_000 });
  }

  async function askAndStopReading(api: WireApiOfTests, stream: boolean): Promise<RawConnection> {
    const connection = await RawConnection.open(url);
    connection.stopReading();
    connection.send(
      rawRequest("POST", api.path, {
        headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
        body: JSON.stringify(api.body({ stream, max_tokens: undefined, [maxTokensOf(api)]: 500_000 })),
      }),
    );
    return connection;
  }

  const maxTokensOf = ({ name }: WireApiOfTests) =>
    name === "responses" ? "max_output_tokens" : "max_tokens";

  test.each(WIRE_APIS)(
    "$name: a client that stops reading a stream loses it, pays for what was made, and holds nothing",
    async (api) => {
      await start(400);
      upstream.script = withoutEnd(encodeEvents([...WITHIN_CONTENT, ...Array(50).fill(textDelta("a word"))]));
      const connection = await askAndStopReading(api, true);
      await eventually(() => gateway.audit.rows.size === 1);
      expect([...gateway.audit.rows.values()]).toMatchObject([
        { status: 499, errorType: "client_closed", isStream: true, isUsageEstimated: true },
      ]);
      await upstream.lastRequest.aborted;
      await expectNothingHeld(url);
      expect(gateway.ledger.reservedNano).toBe(0);
      connection.close();
    },
  );

  test("a client that stops reading a whole answer loses its connection and holds nothing", async () => {
    await start(400);
    upstream.script = answerWith(
      messageEvents(Array(LARGE_ANSWER_BYTES / 100_000).fill("x".repeat(100_000))),
    );
    const connection = await askAndStopReading(WIRE_APIS[0] as WireApiOfTests, false);
    await eventually(() => gateway.audit.rows.size === 1);
    expect([...gateway.audit.rows.values()]).toMatchObject([{ status: 200, outputTokens: 7 }]);
    await expectNothingHeld(url);
    connection.startReading();
    await connection.closed();
    expect(connection.received.length).toBeLessThan(LARGE_ANSWER_BYTES);
  });

  test("a client that reads slowly, but reads, gets its whole answer", async () => {
    const drainTimeoutMs = 2500;
    await start(drainTimeoutMs);
    upstream.script = answerWith(
      messageEvents(Array(LARGE_ANSWER_BYTES / 100_000).fill("x".repeat(100_000))),
    );
    const connection = await askAndStopReading(WIRE_APIS[0] as WireApiOfTests, false);
    const begun = performance.now();
    while (!connection.received.endsWith("}")) {
      // Systems open a full window again only when a sixteenth of the receive buffer (up to 32 MiB) is free: 32 pieces.
      await wait(15);
      // Twice as long as it would take to lose the connection; then the rest at once.
      const isPatient = performance.now() - begun < 2 * drainTimeoutMs;
      connection.startReading(isPatient ? 1 : undefined);
      expect(connection.isClosed).toBe(false);
    }
    expect(connection.received.length).toBeGreaterThan(LARGE_ANSWER_BYTES);
    connection.close();
    await expectNothingHeld(url);
  });
});

describe("parser errors", () => {
  let upstream: FakeAnthropic;
  let gateway: TestGateway;
  let url: string;

  beforeAll(async () => {
    upstream = await FakeAnthropic.start();
    gateway = buildTestGateway({ upstreamUrl: upstream.url });
    url = await gateway.listen();
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.stop();
  });

  async function answerTo(bytes: string): Promise<string> {
    const connection = await RawConnection.open(url);
    connection.send(bytes);
    await connection.closed();
    return connection.received;
  }

  test.each([
    ["what is no HTTP", "nonsense\r\n\r\n", 400],
    ["a head that is folded", "GET /health/liveliness HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", 400],
    ["two lengths", "POST /nope HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400],
    ["a head that is too large", `GET / HTTP/1.1\r\nHost: x\r\nA: ${"b".repeat(20_000)}\r\n\r\n`, 431],
  ])(
    "%s is refused in the form of every other error, and the connection ends",
    async (_what, bytes, status) => {
      const answer = await answerTo(bytes);
      expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      expect(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4))).toEqual({
        error: {
          message: expect.stringMatching(/^The (request|head)/),
          type: "invalid_request_error",
          param: null,
          code: String(status),
        },
      });
    },
  );

  test("no header is left out, however many stand before it", async () => {
    const many = Array.from({ length: 1900 }, (_, index) => `${index.toString(36)}:1\r\n`).join("");
    const answer = await answerTo(
      `GET /v1/models HTTP/1.1\r\nHost: x\r\n${many}Authorization: Bearer ${MASTER_KEY}\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });
});
