import type { VirtualKey } from "../../../../../services/gateway/store/key-store";
import { answerWith, FakeAnthropic, messageEvents } from "../../../../support/services/fake-anthropic";
import { buildTestGateway, MODEL, type TestGateway } from "../../../../support/services/test-gateway";

const KEY = "sk-key-of-the-new-budgets";
/** 10 plain, 3 cache-write, 4 cache-read and 7 output tokens at the prices of the test gateway. */
let cost: number;
let upstream: FakeAnthropic;
let gateway: TestGateway;
let url: string;
let key: VirtualKey;

beforeEach(async () => {
  upstream = await FakeAnthropic.start();
  gateway = buildTestGateway({ upstreamUrl: upstream.url });
  url = await gateway.listen();
  key = await gateway.addKey(KEY, { userId: "ada" });
  await gateway.users.upsert("ada", "tests", {});
  await ask();
  cost = [...gateway.audit.rows.values()][0]?.costNanoUsd ?? 0;
  expect(cost).toBeGreaterThan(0);
});
afterEach(async () => {
  await gateway.close();
  await upstream.stop();
});

async function ask(): Promise<void> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
    body: JSON.stringify({ model: MODEL, messages: [{ role: "user", content: "hi" }], max_tokens: 10 }),
  });
  await response.text();
  expect(response.status).toBe(200);
}

/** A request that runs until it is told to end. */
async function begin(): Promise<() => Promise<void>> {
  let end = () => {};
  const isOver = new Promise<void>((resolve) => {
    end = resolve;
  });
  const answer = answerWith(messageEvents(["Hello"]));
  const isAsked = new Promise<void>((resolve) => {
    upstream.script = async (response, request) => {
      resolve();
      upstream.script = answer;
      await isOver;
      await answer(response, request);
    };
  });
  const running = ask();
  await isAsked;
  return async () => {
    end();
    await running;
  };
}

const spent = (account: string, period = "all") => gateway.ledger.spentNano({ account, period });
const setKey = (maxBudgetNanoUsd: number | null, budgetDuration: string | null = null) =>
  gateway.keys.update(key.keyId, "tests", { maxBudgetNanoUsd, budgetDuration });

test("a request that runs when its key and user get a budget is charged to it, once others have used it", async () => {
  const end = await begin();
  await setKey(1_000_000_000);
  await gateway.users.upsert("ada", "tests", { maxBudgetNanoUsd: 1_000_000_000 });
  await ask();
  const ofUser = await spent("user:ada");
  expect([await spent(`key:${key.keyId}`), ofUser]).toEqual([cost, cost]);
  await end();
  expect([await spent(`key:${key.keyId}`), await spent("user:ada")]).toEqual([2 * cost, 2 * cost]);
});

test("a budget that nobody has used yet is left to begin with the sum of all rows", async () => {
  const end = await begin();
  await setKey(1_000_000_000);
  await end();
  await expect(spent(`key:${key.keyId}`)).resolves.toBeUndefined();
});

test("a request is charged to the budget that it was reserved in, and to one of another period that took its place", async () => {
  await setKey(1_000_000_000);
  const end = await begin();
  await setKey(1_000_000_000, "1mo");
  await ask();
  const now = new Date();
  const first = (ahead: number) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead, 1)).toISOString();
  const month = `${first(0)}/${first(1)}`;
  await end();
  await expect(spent(`key:${key.keyId}`)).resolves.toBe(cost);
  await expect(spent(`key:${key.keyId}`, month)).resolves.toBe(2 * cost);
});

test("a request is charged once where nothing was changed, or where its budget was taken away", async () => {
  await setKey(1_000_000_000);
  await (await begin())();
  await expect(spent(`key:${key.keyId}`)).resolves.toBe(cost);
  const end = await begin();
  await setKey(null);
  await end();
  await expect(spent(`key:${key.keyId}`)).resolves.toBe(2 * cost);
});
