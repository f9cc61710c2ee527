import { eventually } from "../../../support/services/eventually";
import {
  answerWith,
  FakeAnthropic,
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
  type TestGatewayProps,
} from "../../../support/services/test-gateway";

let upstream: FakeAnthropic;
let gateway: TestGateway;
let url: string;

beforeAll(async () => {
  upstream = await FakeAnthropic.start();
});
afterEach(() => gateway.close());
afterAll(() => upstream.stop());

async function start(capacity: TestGatewayProps["capacity"]): Promise<void> {
  gateway = buildTestGateway({ upstreamUrl: upstream.url, ...(capacity === undefined ? {} : { capacity }) });
  url = await gateway.listen();
}

const question = (length = 1) =>
  JSON.stringify({ model: MODEL, stream: true, messages: [{ role: "user", content: "x".repeat(length) }] });

function post(body: RequestInit["body"], init: RequestInit = {}, path = "/v1/chat/completions") {
  const headers = { authorization: `Bearer ${MASTER_KEY}`, "content-type": "application/json" };
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

test("more bytes of bodies than fit are refused before they are read, and given back after", async () => {
  await start({ maxBodyBytes: 10_000 });
  const stream = await openStream(question(6000));
  await expectRefused(await post(question(6000)));
  expect((await post(question(100))).status).toBe(200);
  stream.abort();
  await eventually(async () => (await post(question(6000))).status === 200);
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
  for (let count = 0; count < 3; count += 1) expect((await post(question(2 * 1024 * 1024))).status).toBe(413);
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
