import { setTimeout as wait } from "node:timers/promises";
import { eventually } from "../../../support/services/eventually";
import {
  answerWith,
  encodeEvents,
  FakeAnthropic,
  messageEvents,
  textDelta,
} from "../../../support/services/fake-anthropic";
import { WITHIN_CONTENT, withoutEnd } from "../../../support/services/faults";
import { expectNothingHeld } from "../../../support/services/gauges";
import { RawConnection, rawRequest } from "../../../support/services/raw-connection";
import {
  anthropicDeployment,
  buildTestGateway,
  type TestGateway,
} from "../../../support/services/test-gateway";
import { WIRE_APIS, type WireApiOfTests } from "../../../support/services/wire-apis";

const KEY = "sk-a-key-of-slow-readers";
/** More than the buffers of the system take, and less than an answer may have. */
const MUCH = 20_000_000;

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

const maxTokensOf = ({ name }: WireApiOfTests) => (name === "responses" ? "max_output_tokens" : "max_tokens");

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
  upstream.script = answerWith(messageEvents(Array(MUCH / 100_000).fill("x".repeat(100_000))));
  const connection = await askAndStopReading(WIRE_APIS[0] as WireApiOfTests, false);
  await eventually(() => gateway.audit.rows.size === 1);
  expect([...gateway.audit.rows.values()]).toMatchObject([{ status: 200, outputTokens: 7 }]);
  await expectNothingHeld(url);
  connection.startReading();
  await connection.closed();
  expect(connection.received.length).toBeLessThan(MUCH);
});

test("a client that reads slowly, but reads, gets its whole answer", async () => {
  const drainTimeoutMs = 2500;
  await start(drainTimeoutMs);
  upstream.script = answerWith(messageEvents(Array(MUCH / 100_000).fill("x".repeat(100_000))));
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
  expect(connection.received.length).toBeGreaterThan(MUCH);
  connection.close();
  await expectNothingHeld(url);
});
