import net from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { drain } from "../../../../services/gateway/providers/in-flight";
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
import { expectNothingHeld, readGauges } from "../../../support/services/gauges";
import { RawConnection, rawRequest } from "../../../support/services/raw-connection";
import {
  buildTestGateway,
  MASTER_KEY,
  MODEL,
  type TestGateway,
  type TestGatewayProps,
} from "../../../support/services/test-gateway";

describe("overload", () => {
  type CapacityOfTests = NonNullable<TestGatewayProps["capacity"]>;

  const KEY = "sk-a-key-that-wants-all";
  const OTHER_KEY = "sk-the-key-of-another";

  let upstream: FakeAnthropic;
  let gateway: TestGateway;
  let url: string;

  beforeAll(async () => {
    upstream = await FakeAnthropic.start();
  });
  afterEach(() => gateway.close());
  afterAll(() => upstream.stop());

  async function start(capacity: CapacityOfTests, props: TestGatewayProps = {}): Promise<void> {
    gateway = buildTestGateway({ upstreamUrl: upstream.url, capacity, ...props });
    url = await gateway.listen();
  }

  const question = (length = 1) =>
    JSON.stringify({ model: MODEL, stream: true, messages: [{ role: "user", content: "x".repeat(length) }] });

  function post(
    body: RequestInit["body"],
    init: RequestInit = {},
    path = "/v1/chat/completions",
    key = MASTER_KEY,
  ) {
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    return fetch(url + path, { method: "POST", headers, body, ...init } as RequestInit);
  }

  const chunked = (text: string) => ({
    body: new ReadableStream({
      start(controller) {
        for (let at = 0; at < text.length; at += 1000)
          controller.enqueue(new TextEncoder().encode(text.slice(at, at + 1000)));
        controller.close();
      },
    }),
    duplex: "half",
  });

  async function expectRefused(response: Response): Promise<void> {
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("1");
    expect(response.headers.get("connection")).toBe("close");
    expect(await response.json()).toMatchObject({
      error: { type: "server_error", code: "gateway_overloaded" },
    });
  }

  /** A stream that goes on until it is aborted. */
  async function openStream(body = question()): Promise<AbortController> {
    upstream.script = stallAfter([messageStart(), textDelta("begun")]);
    const abort = new AbortController();
    const response = await post(body, { signal: abort.signal });
    expect(response.status).toBe(200);
    upstream.script = answerWith(messageEvents(["done"]));
    return abort;
  }

  /** A request that the provider has, and does not answer until it is aborted. */
  async function holdAnswer(body: string, key?: string): Promise<AbortController> {
    const asked = upstream.requests.length;
    upstream.script = () => {};
    const abort = new AbortController();
    post(body, { signal: abort.signal }, undefined, key).catch(() => {});
    await eventually(() => upstream.requests.length > asked);
    upstream.script = answerWith(messageEvents(["done"]));
    return abort;
  }

  test("more running answers than there are places: refused without a row; a place that is free is given again", async () => {
    await start({ maxAnswers: 2 });
    const streams = [await openStream(), await openStream()];
    await expectRefused(await post(question()));
    expect(gateway.audit.rows.size).toBe(0);
    // Management goes on.
    expect((await post("{}", {}, "/key/generate")).status).toBe(200);
    streams[0]?.abort();
    await eventually(async () => (await post(question())).status === 200);
    streams[1]?.abort();
  });

  const OTHER_MODEL = "claude-haiku-4-5";
  const askFor = (model: string, init: RequestInit = {}, path?: string) =>
    post(JSON.stringify({ model, max_tokens: 9, messages: [{ role: "user", content: "x" }] }), init, path);

  test("a model whose provider does not answer has half of the places; another model is served", async () => {
    await start({ maxAnswers: 10 });
    upstream.script = () => {};
    const abort = new AbortController();
    const asked = upstream.requests.length;
    for (let count = 0; count < 5; count += 1) askFor(MODEL, { signal: abort.signal }).catch(() => {});
    await eventually(() => upstream.requests.length === asked + 5);
    upstream.script = answerWith(messageEvents(["done"]));

    const refused = await askFor(MODEL);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
    expect([refused.headers.get("x-should-retry"), refused.headers.get("connection")]).toEqual([
      "true",
      "close",
    ]);
    expect(await refused.json()).toMatchObject({
      error: { code: "model_overloaded", message: expect.stringContaining(`model=${MODEL}`) },
    });
    const inItsOwnWords = await askFor(MODEL, {}, "/v1/messages");
    expect(inItsOwnWords.status).toBe(529);
    expect(await inItsOwnWords.json()).toMatchObject({
      error: { type: "overloaded_error", details: { error_code: "model_overloaded" } },
    });
    expect((await askFor(OTHER_MODEL)).status).toBe(200);
    // A refused request holds nothing, also while its answer is on its way.
    expect((await readGauges(url)).get("gateway_answer_places_in_use")).toBe(5);

    abort.abort();
    await expectNothingHeld(url);
    expect((await askFor(MODEL)).status).toBe(200);
  });

  test("the only model that can be used has all places", async () => {
    await start({ maxAnswers: 10 }, { groups: new Map([[OTHER_MODEL, []]]) });
    upstream.script = () => {};
    const abort = new AbortController();
    const asked = upstream.requests.length;
    for (let count = 0; count < 9; count += 1) askFor(MODEL, { signal: abort.signal }).catch(() => {});
    await eventually(() => upstream.requests.length === asked + 9);
    upstream.script = answerWith(messageEvents(["done"]));
    abort.abort();
    await expectNothingHeld(url);
  });

  test("more bytes of bodies than fit are refused before they are read, and given back after", async () => {
    await start({ maxBodyBytes: 10_000 });
    const answer = await holdAnswer(question(6000));
    await expectRefused(await post(question(6000)));
    expect((await post(question(100))).status).toBe(200);
    answer.abort();
    await eventually(async () => (await post(question(6000))).status === 200);
    await expectNothingHeld(url);
  });

  test("a conversation takes no room any more while its answer comes", async () => {
    await start({ maxBodyBytes: 10_000 });
    const stream = await openStream(question(6000));
    expect((await post(question(6000))).status).toBe(200);
    expect((await readGauges(url)).get("gateway_answer_places_in_use")).toBe(1);
    stream.abort();
    await expectNothingHeld(url);
  });

  test("a body without a length takes room as it comes", async () => {
    await start({ maxBodyBytes: 10_000 });
    await expectRefused(await post("", chunked(question(20_000)) as RequestInit));
    for (let count = 0; count < 5; count += 1) {
      const response = await post("", chunked(question(6000)) as RequestInit);
      expect(response.status).toBe(200);
      expect(await response.text()).toContain("[DONE]");
    }
  });

  test("a body over the limit of one request is 413 and takes nothing", async () => {
    await start({ maxBodyBytes: 1024 * 1024 });
    for (let count = 0; count < 3; count += 1)
      expect((await post(question(2 * 1024 * 1024))).status).toBe(413);
    expect((await post(question(1000))).status).toBe(200);
  });

  test("without a key nothing is taken", async () => {
    await start({ maxAnswers: 1 });
    const refused = await post(question(), { headers: { "content-type": "application/json" } });
    expect(refused.status).toBe(401);
    expect((await post(question())).status).toBe(200);
  });

  test("many at once: as many as there are places get through, and all places are free in the end", async () => {
    await start({ maxAnswers: 5 });
    const statuses = await Promise.all(
      Array.from({ length: 60 }, async () => {
        const response = await post(question());
        await response.text();
        return response.status;
      }),
    );
    expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(5);
    const again = await Promise.all(Array.from({ length: 5 }, () => post(question())));
    expect(again.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  });

  /** The head of a request, and the beginning of its body. */
  const unfinished = (
    key: string,
    headers: Record<string, string>,
    begin = "",
    path = "/v1/chat/completions",
  ) =>
    rawRequest("POST", path, {
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
      body: begin,
    });

  test("a body takes room as it comes, not as it is announced: idle connections keep nobody from asking", async () => {
    await start({ maxBodyBytes: 4 * 1024 * 1024 }, { maxBodyBytes: 2 * 1024 * 1024 });
    await gateway.addKey(KEY);
    await gateway.addKey(OTHER_KEY);
    const idle = await Promise.all(Array.from({ length: 4 }, () => RawConnection.open(url)));
    for (const connection of idle) connection.send(unfinished(KEY, { "content-length": "2000000" }));
    await eventually(async () => (await readGauges(url)).get("gateway_bodies_underway") === 4);
    expect((await readGauges(url)).get("gateway_body_bytes_in_flight")).toBe(0);
    expect((await post(question(1_000_000), {}, undefined, OTHER_KEY)).status).toBe(200);
    for (const connection of idle) connection.reset();
    await expectNothingHeld(url);
  });

  test("many small bodies of one key that do not come to their end leave another key its turn", async () => {
    await start({ maxAnswers: 100 });
    await gateway.addKey(KEY);
    await gateway.addKey(OTHER_KEY);
    const idle = await Promise.all(Array.from({ length: 120 }, () => RawConnection.open(url)));
    for (const connection of idle) connection.send(unfinished(KEY, { "content-length": "100" }, '{"model":'));
    await eventually(() => idle.filter(({ statuses }) => statuses[0] === 503).length === 95);
    const gauges = await readGauges(url);
    expect(gauges.get("gateway_bodies_underway")).toBe(25);
    expect(gauges.get("gateway_answer_places_in_use")).toBe(0);
    expect((await post(question(), {}, undefined, OTHER_KEY)).status).toBe(200);
    for (const connection of idle) connection.reset();
    await expectNothingHeld(url);
  });

  test("one address leaves others their turn; a trusted proxy says which address a client has", async () => {
    await start({ maxAnswers: 8 }, { trustedProxies: ["127.0.0.1"] });
    const keys = ["sk-one-of-three-keys", "sk-two-of-three-keys", "sk-three-of-three-keys"];
    for (const key of keys) await gateway.addKey(key);
    const open: RawConnection[] = [];
    const send = async (key = "", address = "10.0.0.1") => {
      const connection = await RawConnection.open(url);
      const underway = (await readGauges(url)).get("gateway_bodies_underway") ?? 0;
      connection.send(unfinished(key, { "content-length": "100", "x-forwarded-for": address }));
      open.push(connection);
      await eventually(
        async () =>
          connection.statuses.length > 0 ||
          (await readGauges(url)).get("gateway_bodies_underway") === underway + 1,
      );
      return connection.statuses;
    };
    for (const key of [keys[0], keys[0], keys[1], keys[1]]) expect(await send(key)).toEqual([]);
    expect(await send(keys[2])).toEqual([503]);
    expect(await send(keys[2], "10.0.0.2")).toEqual([]);
    for (const connection of open) connection.reset();
    await expectNothingHeld(url);
  });

  test("a key that holds half of the memory leaves the other half to others", async () => {
    await start({ maxBodyBytes: 40_000 }, { maxBodyBytes: 15_000 });
    await gateway.addKey(KEY);
    await gateway.addKey(OTHER_KEY);
    const held = await holdAnswer(question(14_000), KEY);
    await expectRefused(await post(question(14_000), {}, undefined, KEY));
    expect((await post(question(14_000), {}, undefined, OTHER_KEY)).status).toBe(200);
    held.abort();
    await expectNothingHeld(url);
  });

  test("a key can be blocked while bodies fill the memory, and readiness says that it is full", async () => {
    await start({ maxBodyBytes: 20_000 }, { maxBodyBytes: 19_900 });
    await gateway.addKey(KEY);
    const held = await holdAnswer(question(19_600), KEY);
    await expectRefused(await post(question(2000)));
    const readiness = await fetch(`${url}/health/readiness`);
    expect(readiness.status).toBe(503);
    expect(await readiness.json()).toMatchObject({
      status: "overloaded",
      db: "connected",
      body_bytes: { in_use: expect.any(Number), limit: 20_000 },
    });
    expect((await post(JSON.stringify({ key: KEY }), {}, "/key/block")).status).toBe(200);
    held.abort();
    await eventually(async () => (await fetch(`${url}/health/readiness`)).status === 200);
  });

  test.each([
    ["that does not come to its end in time", { bodyTimeoutMs: 400 }, { "content-length": "100" }],
    ["in chunks that does not come to its end", { bodyTimeoutMs: 400 }, { "transfer-encoding": "chunked" }],
  ])("a body %s is 408, and its row says so", async (_name, connections, headers) => {
    await start({}, { connections });
    const connection = await RawConnection.open(url);
    connection.send(unfinished(MASTER_KEY, headers));
    await connection.answers();
    expect(connection.statuses).toEqual([408]);
    await connection.closed();
    expect([...gateway.audit.rows.values()]).toMatchObject([{ status: 408, errorType: "timeout" }]);
    await expectNothingHeld(url);
  });

  test("max_parallel_requests holds for requests whose bodies have not come, too", async () => {
    await start({});
    await gateway.addKey(KEY, { maxParallelRequests: 2 });
    const open = await Promise.all(Array.from({ length: 3 }, () => RawConnection.open(url)));
    for (const connection of open) {
      connection.send(unfinished(KEY, { "content-length": "100" }));
      await eventually(async () => connection.statuses.length > 0 || (await isUnderway(connection, open)));
    }
    await eventually(() => open.flatMap(({ statuses }) => statuses).length === 1);
    expect(open.flatMap(({ statuses }) => statuses)).toEqual([429]);
    for (const connection of open) connection.reset();
    await expectNothingHeld(url);
  });

  /** Whether as many bodies are read as there are connections up to this one. */
  async function isUnderway(connection: RawConnection, all: readonly RawConnection[]): Promise<boolean> {
    return (await readGauges(url)).get("gateway_bodies_underway") === all.indexOf(connection) + 1;
  }

  test("a management body is at most 1 MiB, in whatever way it comes", async () => {
    await start({}, { maxBodyBytes: 8 * 1024 * 1024 });
    const large = JSON.stringify({ key_alias: "x".repeat(1024 * 1024) });
    const refused = await post(large, {}, "/key/generate");
    expect(refused.status).toBe(413);
    expect(await refused.json()).toMatchObject({ error: { code: "413" } });
    const inChunks = await post("", chunked(large) as RequestInit, "/key/generate");
    expect(inChunks.status).toBe(413);
    await expectNothingHeld(url);
  });

  test("whoever asks before it sends its body is told to go on only when the body is wanted", async () => {
    await start({});
    const body = question();
    const headers = { "content-length": String(body.length), expect: "100-continue" };
    const [wanted, unknown, nobody] = await Promise.all([1, 2, 3].map(() => RawConnection.open(url)));
    wanted?.send(unfinished(MASTER_KEY, headers));
    await wanted?.answers();
    expect(wanted?.statuses).toEqual([100]);
    wanted?.send(body);
    await wanted?.answers(2);
    expect(wanted?.statuses).toEqual([100, 200]);
    wanted?.close();
    unknown?.send(unfinished(MASTER_KEY, headers, "", "/nope"));
    nobody?.send(unfinished("sk-nobody-0000000", headers));
    await Promise.all([unknown?.closed(), nobody?.closed()]);
    expect([unknown?.statuses, nobody?.statuses]).toEqual([[404], [401]]);
  });

  test.each(["gzip, chunked", "chunked, chunked", "gzip"])(
    "a body with the transfer coding %j is refused, and ends its connection",
    async (coding) => {
      await start({});
      const connection = await RawConnection.open(url);
      connection.send(unfinished(MASTER_KEY, { "transfer-encoding": coding }));
      await connection.closed();
      expect([[501], [400]]).toContainEqual(connection.statuses);
      expect(gateway.audit.rows.size).toBe(0);
    },
  );
});

describe("refuse when closing", () => {
  const request = (body: string) =>
    [
      "POST /v1/chat/completions HTTP/1.1",
      "host: gateway",
      `authorization: Bearer ${MASTER_KEY}`,
      "content-type: application/json",
      `content-length: ${body.length}`,
      "",
      body,
    ].join("\r\n");

  test("a request on an open connection after the shutdown began gets our error; what runs goes on to its end", async () => {
    const upstream = await FakeAnthropic.start();
    let finish = (): void => {};
    upstream.script = (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(encodeEvents([messageStart(), textDelta("begun")]));
      finish = () => void response.end(encodeEvents(messageEvents([" ended"]).slice(1)));
    };
    const gateway = buildTestGateway({ upstreamUrl: upstream.url });
    const { port } = new URL(await gateway.listen());
    const body = JSON.stringify({ model: MODEL, stream: true, messages: [{ role: "user", content: "x" }] });
    const socket = net.connect(Number(port), "127.0.0.1");
    let received = "";
    socket.on("data", (chunk) => {
      received += chunk.toString("utf8");
    });
    try {
      socket.write(request(body));
      await eventually(() => received.includes("begun"));
      const drained = drain(gateway.app, gateway.inFlight, 10_000);
      await new Promise(setImmediate);
      socket.write(request(body));
      // The answer to a pipelined request waits for the one before it, so there is nothing to see yet.
      await wait(200);
      finish();
      await drained;
      await eventually(() => received.includes("HTTP/1.1 503"));
      const [answer = "", refusal = ""] = received.split("HTTP/1.1 503");
      expect(answer).toContain("[DONE]");
      expect(refusal).toMatch(/\r\nconnection: close\r\n/i);
      expect(refusal).toMatch(/\r\nretry-after: 1\r\n/);
      expect(refusal).toMatch(
        /\{"error":\{"message":"The gateway is shutting down\..*"code":"shutting_down"/,
      );
      expect(upstream.requests).toHaveLength(1);
    } finally {
      socket.destroy();
      await gateway.close();
      await upstream.stop();
    }
  });
});
