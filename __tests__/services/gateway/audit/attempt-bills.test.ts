import type { AuditRow } from "../../../../services/gateway/store/audit-log";
import { eventually } from "../../../support/services/eventually";
import {
  answerWith,
  dropAfter,
  FakeAnthropic,
  type FakeEvent,
  failWith,
  messageEvents,
  messageStart,
  type Script,
  stallAfter,
  textDelta,
} from "../../../support/services/fake-anthropic";
import {
  anthropicDeployment,
  buildTestGateway,
  MODEL,
  type TestGateway,
} from "../../../support/services/test-gateway";
import { ask, CHAT } from "../../../support/services/wire-apis";

jest.mock("undici/lib/util/timers.js", () => jest.requireActual("../../../support/services/exact-timers"));

/** What a request is charged when its provider failed, lied or was left: the table of decision 0023. */
const INPUT_NANO = 3000;
const OUTPUT_NANO = 15_000;
/** What an answer of the fake costs: 10 plain, 3 to and 4 from the cache, 7 out. */
const COST_NANO = 10 * INPUT_NANO + 3 * 3750 + 4 * 300 + 7 * OUTPUT_NANO;
const KEY = "sk-a-key-with-a-budget";

let first: FakeAnthropic;
let second: FakeAnthropic;
let gateway: TestGateway;
let url: string;
let keyId: string;

beforeEach(async () => {
  [first, second] = await Promise.all([FakeAnthropic.start(), FakeAnthropic.start()]);
});
afterEach(async () => {
  await gateway.close();
  await Promise.all([first.stop(), second.stop()]);
});

async function start(deployments = 1): Promise<void> {
  const all = [first, second].map(({ url: baseUrl }, place) =>
    anthropicDeployment({ id: `${MODEL}/${place}`, baseUrl }),
  );
  gateway = buildTestGateway({
    deployments: all.slice(0, deployments),
    timeouts: { firstByteMs: 3000, idleMs: 300 },
  });
  url = await gateway.listen();
  ({ keyId } = await gateway.addKey(KEY, { maxBudgetNanoUsd: 100_000_000_000 }));
}

const PROMPT = "a long conversation, ".repeat(100);
const send = (init: RequestInit = {}, body: object = {}) =>
  ask(
    url,
    CHAT.path,
    CHAT.body({ stream: true, max_tokens: 1000, messages: [{ role: "user", content: PROMPT }], ...body }),
    { ...init, headers: { authorization: `Bearer ${KEY}` } },
  );

const rows = () => [...gateway.audit.rows.values()];
const onlyRow = async () => {
  await eventually(() => rows().length === 1);
  return rows()[0] as AuditRow;
};
const spent = () => gateway.budgets.spentNano({ account: `key:${keyId}`, period: "all" });

/** A third of the bytes that were sent. */
const estimatedInput = ({ lastRequest }: FakeAnthropic) =>
  Math.ceil(Buffer.byteLength(JSON.stringify(lastRequest.body)) / 3);

/** A whole answer with this in the place of the usage of its start and of its end. */
function withUsage(atStart: unknown, atEnd: unknown): FakeEvent[] {
  return messageEvents(["x".repeat(300)]).map((event) => {
    if (event.type === "message_start")
      return { ...event, message: { ...(event["message"] as object), usage: atStart } };
    return event.type === "message_delta" ? { ...event, usage: atEnd } : event;
  });
}

describe("the client leaves", () => {
  test.each<[string, Script]>([
    ["before the head of the answer", () => {}],
    [
      "before the first event",
      (response) => void response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders(),
    ],
    ["when there was nothing but pings", stallAfter([{ type: "ping" }])],
  ])("%s: the prompt is charged by an estimate", async (_name, script) => {
    await start();
    first.script = script;
    const client = new AbortController();
    send({ signal: client.signal }).catch(() => {});
    await eventually(() => first.requests.length === 1);
    client.abort();
    const row = await onlyRow();
    expect(row).toMatchObject({
      status: 499,
      inputTokens: estimatedInput(first),
      outputTokens: 0,
      isUsageEstimated: true,
      costNanoUsd: estimatedInput(first) * INPUT_NANO,
    });
    await eventually(() => gateway.ledger.reservedNano === 0);
    expect(await spent()).toBe(row.costNanoUsd);
  });

  test.each<[string, object, object, number]>([
    ["5 minutes", { type: "ephemeral" }, { cacheWrite1hTokens: 0 }, 3750],
    ["an hour", { type: "ephemeral", ttl: "1h" }, {}, 3750],
  ])(
    "and the prompt was to be cached for %s: it is charged as written",
    async (_name, cache_control, write, nano) => {
      await start();
      first.script = () => {};
      const client = new AbortController();
      const content = [{ type: "text", text: PROMPT, cache_control }];
      send({ signal: client.signal }, { messages: [{ role: "user", content }] }).catch(() => {});
      await eventually(() => first.requests.length === 1);
      client.abort();
      const tokens = estimatedInput(first);
      expect(await onlyRow()).toMatchObject({
        inputTokens: 0,
        cacheWriteTokens: tokens,
        cacheWrite1hTokens: tokens,
        ...write,
        costNanoUsd: tokens * nano,
      });
    },
  );

  test("before the connection to the provider stands: nothing was sent, nothing is charged", async () => {
    await start();
    await first.stop();
    expect((await send()).status).toBe(502);
    expect(await onlyRow()).toMatchObject({ costNanoUsd: 0, inputTokens: 0, isUsageEstimated: false });
    first = await FakeAnthropic.start();
  });
});

describe("the provider fails before the first event", () => {
  test.each<[string, Script]>([
    ["says nothing in time", () => {}],
    ["breaks the connection before the head", (response) => void response.destroy()],
    ["breaks the connection after the head", dropAfter([])],
    ["ends without an event", answerWith([])],
    ["answers 500", failWith(500, "api_error", "broken")],
    ["answers 502", failWith(502, "api_error", "broken")],
    ["answers 504", failWith(504, "timeout_error", "broken")],
    ["answers 408", failWith(408, "timeout_error", "broken")],
    ["says that it failed", answerWith([{ type: "error", error: { type: "api_error", message: "" } }])],
    [
      "answers with a page",
      (response) => void response.writeHead(200, { "content-type": "text/html" }).end("<p>"),
    ],
  ])("%s: it may have billed the prompt, which is charged by an estimate", async (_name, script) => {
    await start();
    first.script = script;
    await (await send()).text();
    const row = await onlyRow();
    const cost = estimatedInput(first) * INPUT_NANO;
    expect(row).toMatchObject({
      inputTokens: estimatedInput(first),
      isUsageEstimated: true,
      costNanoUsd: cost,
    });
    expect(await spent()).toBe(cost);
  });

  test.each<[string, Script]>([
    ["answers 400", failWith(400, "invalid_request_error", "no")],
    ["answers 401", failWith(401, "authentication_error", "no")],
    ["answers 413", failWith(413, "request_too_large", "no")],
    ["answers 429", failWith(429, "rate_limit_error", "no")],
    ["answers 503", failWith(503, "api_error", "no")],
    ["answers 529", failWith(529, "overloaded_error", "no")],
    [
      "says that it is overloaded",
      answerWith([{ type: "error", error: { type: "overloaded_error", message: "" } }]),
    ],
  ])("%s: it refused the work, and nothing is charged", async (_name, script) => {
    await start();
    first.script = script;
    await (await send()).text();
    expect(await onlyRow()).toMatchObject({ inputTokens: 0, isUsageEstimated: false, costNanoUsd: 0 });
    expect((await spent()) ?? 0).toBe(0);
  });
});

describe("an answer comes to its end", () => {
  const USAGE = { input_tokens: 10, output_tokens: 1 };
  /** 300 bytes of content. */
  const CONTENT_TOKENS = 100;

  test.each<[string, unknown]>([
    ["is missing", undefined],
    ["is nothing", null],
    ["is empty", {}],
    ["is text", { input_tokens: "10", output_tokens: "7" }],
    ["is negative", { input_tokens: -10, output_tokens: -7 }],
    ["is a fraction", { input_tokens: 0.5, output_tokens: 0.5 }],
    ["is beyond all measure", { input_tokens: 1e30, output_tokens: 1e30 }],
    ["is zero", { input_tokens: 0, output_tokens: 0 }],
  ])("and its usage %s: prompt and answer are charged by estimates", async (_name, usage) => {
    await start();
    first.script = answerWith(withUsage(usage, usage));
    await (await send()).text();
    expect(await onlyRow()).toMatchObject({
      status: 200,
      inputTokens: estimatedInput(first),
      outputTokens: CONTENT_TOKENS,
      isUsageEstimated: true,
      costNanoUsd: estimatedInput(first) * INPUT_NANO + CONTENT_TOKENS * OUTPUT_NANO,
    });
  });

  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["a text", { output_tokens: "7" }],
    ["a negative number", { output_tokens: -7 }],
    ["zero", { output_tokens: 0 }],
  ])("and says %s of its length: that is estimated, the prompt is as reported", async (_name, atEnd) => {
    await start();
    first.script = answerWith(withUsage(USAGE, atEnd));
    await (await send()).text();
    expect(await onlyRow()).toMatchObject({
      inputTokens: 10,
      outputTokens: CONTENT_TOKENS,
      isUsageEstimated: true,
    });
  });

  test("and part of its usage makes no sense: no less than the estimate of the prompt is charged", async () => {
    await start();
    first.script = answerWith(
      withUsage({ ...USAGE, input_tokens: -1, cache_read_input_tokens: 20 }, { output_tokens: 40 }),
    );
    await (await send()).text();
    expect(await onlyRow()).toMatchObject({
      inputTokens: estimatedInput(first) - 20,
      cacheReadTokens: 20,
      outputTokens: 40,
      isUsageEstimated: true,
    });
  });

  test("and a later zero takes nothing back", async () => {
    await start();
    const events = withUsage(USAGE, { output_tokens: 40 });
    const zero = { type: "message_delta", delta: {}, usage: { input_tokens: 0, output_tokens: 0 } };
    first.script = answerWith([...events.slice(0, -1), zero, ...events.slice(-1)]);
    await (await send()).text();
    expect(await onlyRow()).toMatchObject({ inputTokens: 10, outputTokens: 40, isUsageEstimated: false });
  });

  test("and more is reported than was reserved: it is charged all the same", async () => {
    await start();
    first.script = answerWith(withUsage({ ...USAGE, input_tokens: 1_000_000 }, { output_tokens: 2000 }));
    await (await send()).text();
    const cost = 1_000_000 * INPUT_NANO + 2000 * OUTPUT_NANO;
    expect(await onlyRow()).toMatchObject({ inputTokens: 1_000_000, outputTokens: 2000, costNanoUsd: cost });
    expect(await spent()).toBe(cost);
  });
});

describe("a first deployment fails and a second one answers", () => {
  test.each<[string, Script]>([
    ["was cut off", dropAfter([messageStart()])],
    [
      "said that it failed",
      answerWith([messageStart(), { type: "error", error: { type: "overloaded_error", message: "" } }]),
    ],
  ])("what the first reported before it %s is charged, too", async (_name, script) => {
    await start(2);
    first.script = script;
    await (await send()).text();
    const cost = 10 * INPUT_NANO + 3 * 3750 + 4 * 300 + 1 * OUTPUT_NANO + COST_NANO;
    expect(await onlyRow()).toMatchObject({
      attempts: 2,
      deployment: `${MODEL}/1`,
      inputTokens: 20,
      cacheReadTokens: 8,
      cacheWriteTokens: 6,
      outputTokens: 8,
      costNanoUsd: cost,
      isUsageEstimated: false,
    });
    expect(await spent()).toBe(cost);
  });

  test("what the first may have billed is charged by an estimate", async () => {
    await start(2);
    first.script = failWith(500, "api_error", "");
    await (await send()).text();
    expect(await onlyRow()).toMatchObject({
      attempts: 2,
      inputTokens: estimatedInput(first) + 10,
      costNanoUsd: estimatedInput(first) * INPUT_NANO + COST_NANO,
      isUsageEstimated: true,
    });
  });

  test("what the first refused costs nothing", async () => {
    await start(2);
    first.script = failWith(529, "overloaded_error", "");
    await (await send()).text();
    expect(await onlyRow()).toMatchObject({ attempts: 2, costNanoUsd: COST_NANO, isUsageEstimated: false });
  });

  test("the client leaves the second: both prompts are charged", async () => {
    await start(2);
    first.script = failWith(500, "api_error", "");
    second.script = stallAfter([messageStart(), textDelta("x".repeat(30))]);
    const client = new AbortController();
    const response = await send({ signal: client.signal });
    await response.body?.getReader().read();
    client.abort();
    expect(await onlyRow()).toMatchObject({
      status: 499,
      inputTokens: estimatedInput(first) + 10,
      outputTokens: 10,
      isUsageEstimated: true,
    });
  });
});
