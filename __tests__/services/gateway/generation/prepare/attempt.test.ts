import type { Deployment } from "../../../../../services/gateway/providers/deployment";
import { eventually } from "../../../../support/services/eventually";
import { FakeAnthropic, failWith, type Script } from "../../../../support/services/fake-anthropic";
import {
  anthropicDeployment,
  buildTestGateway,
  MODEL,
  type TestGateway,
} from "../../../../support/services/test-gateway";
import { ask, CHAT, MESSAGES } from "../../../../support/services/wire-apis";

jest.mock("undici/lib/util/timers.js", () => jest.requireActual("../../../../support/services/exact-timers"));

/** What is sent to one deployment after another costs no more together than was put aside for the request. */
const KEY = "sk-a-key-with-a-budget";
const PRICES = {
  inputPicoUsd: 3_000_000,
  outputPicoUsd: 15_000_000,
  cacheReadPicoUsd: 300_000,
  cacheWritePicoUsd: 3_750_000,
};
/** As dear as a byte can be, in nano-USD. */
const BYTE_NANO = 3750;
const OUTPUT_NANO = 15_000;

let upstreams: FakeAnthropic[];
let gateway: TestGateway;
let url: string;
/** What was put aside for the request whose provider is asked first, in nano-USD. */
let reservedNano: number | undefined;

beforeEach(async () => {
  upstreams = await Promise.all([1, 2, 3].map(() => FakeAnthropic.start()));
  reservedNano = undefined;
});
afterEach(async () => {
  await gateway.close();
  await Promise.all(upstreams.map((upstream) => upstream.stop()));
});

const upstream = (place: number) => upstreams[place] as FakeAnthropic;

/** All but the last fail so. */
async function start(
  budgetNano: number,
  deployments: readonly Partial<Deployment>[],
  ...failures: readonly Script[]
): Promise<void> {
  gateway = buildTestGateway({
    deployments: deployments.map((props, place) =>
      anthropicDeployment({
        id: `${MODEL}/${place}`,
        baseUrl: upstream(place).url,
        prices: PRICES,
        ...props,
      }),
    ),
    timeouts: { firstByteMs: 3000, idleMs: 300 },
    routing: { retryWaitMs: 1 },
  });
  url = await gateway.listen();
  await gateway.addKey(KEY, { maxBudgetNanoUsd: budgetNano });
  for (const [place, script] of failures.entries())
    upstream(place).script = (response, request) => {
      reservedNano ??= gateway.ledger.reservedNano;
      return script(response, request);
    };
}

const send = (body: object = {}, path = CHAT.path) =>
  ask(url, path, CHAT.body({ stream: true, ...body }), { headers: { authorization: `Bearer ${KEY}` } });

/** What a request can cost at most, by the bytes that arrived. */
function boundOf({ lastRequest }: FakeAnthropic, outputNano = OUTPUT_NANO): number {
  const bytes = Buffer.byteLength(JSON.stringify(lastRequest.body));
  return bytes * BYTE_NANO + Number(lastRequest.body["max_tokens"]) * outputNano;
}

const overloaded = failWith(529, "overloaded_error", "busy");
const broken = failWith(500, "api_error", "broken");

test("a second deployment that allows longer answers is asked for no more than was put aside", async () => {
  await start(1_000_000_000, [{ maxOutputTokens: 1000 }, { maxOutputTokens: 64_000 }], overloaded);
  const response = await send();
  expect(response.status).toBe(200);
  expect(boundOf(upstream(1))).toBeLessThanOrEqual(reservedNano ?? 0);
  expect(Number(upstream(1).lastRequest.body["max_tokens"])).toBeGreaterThanOrEqual(1000);
  expect(response.headers.get("x-gateway-max-tokens")).toBe(
    String(upstream(1).lastRequest.body["max_tokens"]),
  );
});

test("a budget is not overrun by the answer of a second deployment", async () => {
  const budgetNano = 20_000_000;
  await start(budgetNano, [{ maxOutputTokens: 256 }, { maxOutputTokens: 64_000 }], overloaded);
  let billedNano = 0;
  upstream(1).script = (response, { body }) => {
    billedNano += Number(body["max_tokens"]) * OUTPUT_NANO;
    return overloaded(response, upstream(1).lastRequest);
  };
  await (await send()).text();
  expect(billedNano).toBeGreaterThan(0);
  expect(billedNano).toBeLessThanOrEqual(budgetNano);
});

test("a dearer second deployment is asked for less", async () => {
  const dear = { ...PRICES, outputPicoUsd: 150_000_000 };
  await start(100_000_000, [{}, { prices: dear }], overloaded);
  expect((await send()).status).toBe(200);
  expect(boundOf(upstream(1), 150_000)).toBeLessThanOrEqual(reservedNano ?? 0);
});

test("what a first deployment may have billed is taken from what the second is asked for", async () => {
  const budgetNano = 60_000_000;
  await start(budgetNano, [{}, {}], broken);
  const content = "x".repeat(6000);
  const response = await send({ messages: [{ role: "user", content }] });
  expect(response.status).toBe(200);
  await response.text();
  // A third of the bytes at the price of input.
  const firstNano = Math.ceil(Buffer.byteLength(JSON.stringify(upstream(0).lastRequest.body)) / 3) * 3000;
  expect(firstNano + boundOf(upstream(1))).toBeLessThanOrEqual(budgetNano);
  expect(Number(upstream(1).lastRequest.body["max_tokens"])).toBeLessThan(
    Number(upstream(0).lastRequest.body["max_tokens"]),
  );
});

test("a second deployment is not asked when what is left does not pay for it", async () => {
  // 10,000 bytes are 37.5 million, an answer of 100 tokens 1.5 million; what the first may have billed 10 million.
  await start(45_000_000, [{}, {}], broken);
  const content = "x".repeat(10_000);
  const response = await send({ max_tokens: 100, messages: [{ role: "user", content }] });
  expect(response.status).toBe(503);
  expect(upstream(0).requests).toHaveLength(1);
  expect(upstream(1).requests).toHaveLength(0);
  await eventually(() => gateway.ledger.reservedNano === 0);
});

test("where there is plenty, enough is put aside for all deployments that may be asked", async () => {
  await start(1_000_000_000, [{}, {}, {}], broken, broken);
  const content = "x".repeat(10_000);
  const response = await send({ max_tokens: 100, messages: [{ role: "user", content }] });
  expect(response.status).toBe(200);
  expect(response.headers.get("x-litellm-model-id")).toBe(`${MODEL}/2`);
  expect(response.headers.get("x-gateway-max-tokens")).toBeNull();
  expect(upstream(2).lastRequest.body["max_tokens"]).toBe(100);
});

test("thinking that is asked for fits into what is left, or the deployment is passed over", async () => {
  await start(60_000_000, [{}, {}], broken);
  const content = "x".repeat(5000);
  const body = { max_tokens: 4000, thinking: { type: "enabled", budget_tokens: 3000 } };
  const response = await send({ ...body, messages: [{ role: "user", content }] }, MESSAGES.path);
  expect(response.status).toBe(200);
  const { max_tokens: maxTokens, thinking } = upstream(1).lastRequest.body as {
    max_tokens: number;
    thinking: { budget_tokens: number };
  };
  expect(maxTokens).toBeLessThan(4000);
  expect(thinking.budget_tokens).toBeLessThan(maxTokens);
});

test("a request that is sent again without earlier thinking is asked for no more than was put aside", async () => {
  const refuse = failWith(400, "invalid_request_error", "thinking block is bound to another conversation");
  await start(30_000_000, [{ upstreamModel: "claude-opus-5-5" }], (response, request) => {
    reservedNano ??= gateway.ledger.reservedNano;
    return JSON.stringify(request.body["messages"]).includes('"thinking"')
      ? refuse(response, request)
      : overloaded(response, request);
  });
  const messages = [
    { role: "user", content: "a" },
    {
      role: "assistant",
      content: "b",
      thinking_blocks: [{ type: "thinking", thinking: "t", signature: "s" }],
    },
    { role: "user", content: "c" },
  ];
  await (await send({ messages })).text();
  // Refused for its thinking, for want of room, and for that once more.
  expect(upstream(0).requests).toHaveLength(3);
  for (const { body } of upstream(0).requests)
    expect(Number(body["max_tokens"]) * OUTPUT_NANO).toBeLessThanOrEqual(reservedNano ?? 0);
});

test("without a budget nothing is made shorter", async () => {
  await start(1_000_000_000, [{ maxOutputTokens: 1000 }, { maxOutputTokens: 64_000 }], broken);
  const response = await ask(url, CHAT.path, CHAT.body());
  expect(response.status).toBe(200);
  expect(upstream(1).lastRequest.body["max_tokens"]).toBe(64_000);
  expect(response.headers.get("x-gateway-max-tokens")).toBeNull();
});
