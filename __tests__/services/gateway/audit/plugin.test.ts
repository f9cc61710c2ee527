import { eventually } from "../../../support/services/eventually";
import { FakeAnthropic } from "../../../support/services/fake-anthropic";
import {
  buildTestGateway,
  MASTER_KEY,
  MODEL,
  type TestGateway,
} from "../../../support/services/test-gateway";
import { MemoryAuditLog } from "../../../support/stores/audit-log";

let upstream: FakeAnthropic;
let gateway: TestGateway;
let url: string;

beforeAll(async () => {
  upstream = await FakeAnthropic.start();
});
afterEach(() => gateway.close());
afterAll(() => upstream.stop());

async function start(audit: MemoryAuditLog): Promise<void> {
  gateway = buildTestGateway({ upstreamUrl: upstream.url, audit });
  url = await gateway.listen();
}

const ask = (stream: boolean) =>
  fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${MASTER_KEY}`, "content-type": "application/json" },
    body: JSON.stringify({ model: MODEL, messages: [{ role: "user", content: "x" }], stream }),
  });

/** A log whose writes wait for `release`. */
function heldLog(limits: { timeoutMs?: number; capacity?: number } = {}) {
  let release: () => void = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { log: new MemoryAuditLog({ ...limits, beforeWrite: () => released }), release };
}

test("a stream shows its content at once, and its end only after the row", async () => {
  const { log, release } = heldLog();
  await start(log);
  const response = await ask(true);
  let text = "";
  const read = (async () => {
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>)
      text += Buffer.from(chunk).toString();
  })();
  await eventually(() => text.includes("world"));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(text).not.toContain('finish_reason":"stop');
  expect(text).not.toContain("[DONE]");
  expect(log.rows.size).toBe(0);
  release();
  await read;
  expect(text).toContain("[DONE]");
  expect(log.rows.size).toBe(1);
});

test("a JSON answer comes only after the row", async () => {
  const { log, release } = heldLog();
  await start(log);
  let hasAnswered = false;
  const answer = ask(false).then((response) => {
    hasAnswered = true;
    return response;
  });
  await eventually(() => upstream.requests.length > 0);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(hasAnswered).toBe(false);
  release();
  expect((await answer).status).toBe(200);
  expect(log.rows.size).toBe(1);
});

test("an answer whose row is late ends with an error, and the row is written later", async () => {
  const { log, release } = heldLog({ timeoutMs: 100 });
  await start(log);
  const json = await ask(false);
  expect(json.status).toBe(503);
  expect(json.headers.get("retry-after")).toBe("5");
  expect(json.headers.get("x-should-retry")).toBe("true");
  expect(await json.json()).toMatchObject({ error: { code: "audit_unavailable" } });
  const text = await (await ask(true)).text();
  expect(text).toContain("world");
  expect(text).toMatch(/data: \{"error":.*audit_unavailable.*\}\n\n$/);
  expect(text).not.toContain("[DONE]");
  release();
  await eventually(() => log.rows.size === 2);
});

test("a log that fails refuses new requests without asking the provider, and accepts again when it works", async () => {
  let isAway = true;
  const log = new MemoryAuditLog({
    timeoutMs: 50,
    beforeWrite: () => (isAway ? Promise.reject(new Error("away")) : Promise.resolve()),
  });
  await start(log);
  expect((await ask(false)).status).toBe(503);
  const asked = upstream.requests.length;
  const refused = await ask(true);
  expect(refused.status).toBe(503);
  expect(refused.headers.get("retry-after")).toBe("2");
  expect(upstream.requests).toHaveLength(asked);
  isAway = false;
  await eventually(async () => (await ask(false)).status === 200);
  await eventually(() => log.rows.size === 2);
});

test("running requests count for the bound of the queue", async () => {
  const { log, release } = heldLog({ capacity: 2 });
  await start(log);
  const running = [ask(false), ask(true)];
  await eventually(() => !log.isAccepting);
  expect((await ask(false)).status).toBe(503);
  release();
  for (const answer of running) expect((await answer).status).toBe(200);
  await eventually(() => log.isAccepting);
});

test("reading and unknown callers leave no row", async () => {
  const log = new MemoryAuditLog();
  await start(log);
  await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${MASTER_KEY}` } });
  await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: "Bearer sk-nobody-0000000" },
  });
  expect(log.rows.size).toBe(0);
});

test("a valid key that is refused again and again costs few rows, and all of its requests are accounted for", async () => {
  const log = new MemoryAuditLog();
  await start(log);
  await gateway.addKey("sk-flooding-0000000", { rpmLimit: 5 });
  const statuses: number[] = [];
  for (let count = 0; count < 120; count += 1) {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: "Bearer sk-flooding-0000000", "content-type": "application/json" },
      body: JSON.stringify({ model: MODEL, messages: [{ role: "user", content: "x" }] }),
    });
    await response.arrayBuffer();
    statuses.push(response.status);
  }
  expect(statuses.filter((status) => status === 200)).toHaveLength(5);
  expect(log.rows.size).toBe(5 + 20);
  await gateway.close();
  await log.flush(1000);
  const rows = [...log.rows.values()];
  expect(rows).toHaveLength(5 + 20 + 1);
  expect(rows.filter(({ status }) => status === 200)).toHaveLength(5);
  expect(rows.reduce((sum, { repeats }) => sum + 1 + repeats, 0)).toBe(120);
});
