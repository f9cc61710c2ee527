import { setTimeout as wait } from "node:timers/promises";
import { eventually } from "../../../support/services/eventually";
import { FakeAnthropic, type Script, stallAfter } from "../../../support/services/fake-anthropic";
import { WITHIN_CONTENT } from "../../../support/services/faults";
import { buildTestGateway, type TestGateway } from "../../../support/services/test-gateway";
import { ask, CHAT, WIRE_APIS } from "../../../support/services/wire-apis";

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
