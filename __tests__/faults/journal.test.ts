import fs from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { eventually } from "../support/services/eventually";
import { askChat, GatewayProcesses, MASTER_KEY, makeKey } from "../support/services/gateway-processes";
import { MeteredProvider } from "../support/services/metered-provider";
import type { ServiceProcess } from "../support/services/service-process";
import { temporaryFolder } from "../support/temporary-folder";

/**
 * Postgres crashes under load while the gateway has a journal: answers go on, and each has one row afterwards, also
 * when the gateway is killed before it could replay them. `JOURNAL_OUTAGE_MS` makes the outage longer.
 */
const OUTAGE_MS = Number(process.env["JOURNAL_OUTAGE_MS"] ?? 3000);
const CALLERS = 16;

/** What a caller got. */
interface Answer {
  readonly status: number;
  readonly requestId: string | null;
}

let processes: GatewayProcesses;
let provider: MeteredProvider;
/** Folder of the journal, of each test its own. */
let journal: string;
let count = 0;

beforeAll(async () => {
  provider = await MeteredProvider.start();
  processes = await GatewayProcesses.start({ upstreamUrl: provider.url, env: { LOG_LEVEL: "info" } });
}, 60_000);
beforeEach(async () => {
  count += 1;
  journal = path.join(temporaryFolder(), "journal");
  provider.billedNano = 0;
  await processes.useDatabase(`journal_${count}`);
});
afterEach(() => processes.stopGateways());
afterAll(() => Promise.all([processes?.stop(), provider?.stop()]));

const startGateway = () => processes.startGateway({ JOURNAL_DIRECTORY: journal });

/** @returns `undefined` when the connection broke: nothing was delivered whole */
async function ask(gateway: ServiceProcess, key: string, stream: boolean): Promise<Answer | undefined> {
  try {
    const response = await askChat(gateway, key, { stream });
    const text = await response.text();
    if (stream && response.status === 200 && !text.includes("[DONE]")) return undefined;
    return { status: response.status, requestId: response.headers.get("x-request-id") };
  } catch {
    return undefined;
  }
}

/** Callers that ask one request after the other until they are stopped or cut off. */
function startCallers(gateway: ServiceProcess, key: string) {
  let isStopped = false;
  const answers: Answer[] = [];
  const done = Promise.all(
    Array.from({ length: CALLERS }, async (_, index) => {
      for (let turn = index; !isStopped; turn += 1) {
        const answer = await ask(gateway, key, turn % 2 === 0);
        if (answer === undefined) return;
        answers.push(answer);
        if (answer.status !== 200) await wait(100);
      }
    }),
  );
  return {
    answers,
    stop: async () => {
      isStopped = true;
      await done;
      return answers;
    },
  };
}

const journalFiles = () => fs.readdirSync(journal);

/** Rows by request id. A request that had two would be here twice. */
async function rowIds(): Promise<string[]> {
  const rows = await processes.query<{ request_id: string }>(
    "SELECT request_id FROM audit_log WHERE route = '/v1/chat/completions'",
  );
  return rows.map((row) => row.request_id);
}

function expectOneRowEach(answers: readonly Answer[], ids: readonly string[]): void {
  const known = new Set(ids);
  expect(known.size).toBe(ids.length);
  const delivered = answers.filter(({ status }) => status === 200);
  expect(delivered.filter(({ requestId }) => requestId === null || !known.has(requestId))).toEqual([]);
}

test("Postgres crashes and comes back: keys without a budget notice nothing, the others are charged exactly", async () => {
  const gateway = await startGateway();
  const free = startCallers(gateway, await makeKey(gateway));
  const paying = startCallers(gateway, await makeKey(gateway, { max_budget: 1000 }));
  await eventually(() => free.answers.length > 50 && paying.answers.length > 50);
  await processes.postgres.pause("immediate");
  const before = free.answers.length;
  await wait(OUTAGE_MS);
  expect(free.answers.length - before).toBeGreaterThan(50);
  expect(journalFiles().length).toBeGreaterThan(0);
  await processes.postgres.resume();
  const paidBefore = paying.answers.filter(({ status }) => status === 200).length;
  await eventually(() => paying.answers.filter(({ status }) => status === 200).length > paidBefore + 50);
  const [freeAnswers, payingAnswers] = [await free.stop(), await paying.stop()];
  await eventually(() => journalFiles().length === 0);

  expect(new Set(freeAnswers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(new Set(payingAnswers.map(({ status }) => status))).toEqual(new Set([200, 503]));
  expectOneRowEach([...freeAnswers, ...payingAnswers], await rowIds());
  const books = await eventually(async () => {
    const found = await processes.query<Record<string, number>>(
      `SELECT (sum(spent_nano_usd) + (SELECT coalesce(sum(spent_nano_usd), 0) FROM budget_leases))::float8 AS spent,
              (SELECT count(*)::int FROM intent_batches) AS intents,
              (SELECT sum(cost_nano_usd)::float8 FROM audit_log) AS audited,
              (SELECT sum(cost_nano_usd)::float8 FROM audit_log a JOIN virtual_keys k USING (key_id)
                WHERE k.max_budget_nano_usd IS NOT NULL) AS charged,
              (SELECT count(*)::int FROM audit_log WHERE error_type = 'gateway_lost') AS lost FROM budgets`,
    );
    return found[0]?.["intents"] === 0 && found[0]["spent"] === found[0]["charged"] ? found[0] : undefined;
  });
  expect(books).toMatchObject({ intents: 0, lost: 0, audited: provider.billedNano });
}, 60_000);

test("the gateway is killed while the journal is in use: the next one replays every answer's row", async () => {
  const gateway = await startGateway();
  const callers = startCallers(gateway, await makeKey(gateway));
  // Some of these are sent before the crash and answered after it: their cost is in the journal, their intent is not.
  const paying = startCallers(gateway, await makeKey(gateway, { max_budget: 1000 }));
  await eventually(() => callers.answers.length > 50 && paying.answers.length > 50);
  await processes.postgres.pause("immediate");
  const before = callers.answers.length;
  await eventually(() => callers.answers.length > before + 200);
  gateway.child.kill("SIGKILL");
  const [answers, paid] = [await callers.stop(), await paying.stop()];
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  await processes.postgres.resume();
  expect((await rowIds()).length).toBeLessThan(answers.length);

  const next = await startGateway();
  expect(journalFiles()).toEqual([]);
  expectOneRowEach([...answers, ...paid], await rowIds());
  expect(next.output).toContain("journal replayed");
  const lost = await eventually(async () => {
    const [left] = await processes.query<{ intents: number }>(
      "SELECT count(*)::int AS intents FROM intent_batches",
    );
    const sql = "SELECT request_id FROM audit_log WHERE error_type = 'gateway_lost'";
    return left?.intents === 0 ? await processes.query<{ request_id: string }>(sql) : undefined;
  });
  const delivered = new Set(paid.filter(({ status }) => status === 200).map(({ requestId }) => requestId));
  expect(lost?.filter((row) => delivered.has(row.request_id))).toEqual([]);
}, 60_000);

test("two gateways with one directory: the one that lives replays the rows of the one that was killed", async () => {
  const [killed, living] = [await startGateway(), await startGateway()];
  const key = await makeKey(killed);
  await wait(300); // the other one hears of it
  const callers = [startCallers(killed, key), startCallers(living, key)];
  await eventually(() => callers.every(({ answers }) => answers.length > 50));
  await processes.postgres.pause("immediate");
  const before = callers[0]?.answers.length ?? 0;
  await eventually(() => (callers[0]?.answers.length ?? 0) > before + 100);
  killed.child.kill("SIGKILL");
  await processes.postgres.resume();
  await wait(500);
  const answers = (await Promise.all(callers.map((one) => one.stop()))).flat();
  await eventually(() => journalFiles().length === 0);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expectOneRowEach(answers, await rowIds());
}, 60_000);

test("a budget that is made while rows wait in the journal of a gateway that has ended is charged them at the replay", async () => {
  const [cutOff, other] = await Promise.all([startGateway(), processes.startGateway()]);
  const key = await makeKey(other, { user_id: "ada" });
  await eventually(async () => (await ask(cutOff, key, false))?.status === 200);
  await processes.postgres.pause("immediate");
  for (const stream of [false, true]) expect((await ask(cutOff, key, stream))?.status).toBe(200);
  await cutOff.stop();
  await processes.postgres.resume();
  const change = async (path: string, body: object) => {
    const headers = { authorization: `Bearer ${MASTER_KEY}`, "content-type": "application/json" };
    return (await fetch(other.url + path, { method: "POST", headers, body: JSON.stringify(body) })).status;
  };
  await eventually(async () => (await change("/key/update", { key, max_budget: 5 })) === 200);
  expect(await change("/user/update", { user_id: "ada", max_budget: 5, budget_duration: "30d" })).toBe(200);
  await eventually(async () => (await ask(other, key, false))?.status === 200);

  const restarted = await startGateway();
  await eventually(async () => (await ask(restarted, key, true))?.status === 200);
  const rows = "SELECT sum(cost_nano_usd)::float8 AS cost FROM audit_log WHERE key_id IS NOT NULL";
  const [{ cost } = { cost: 0 }] = await processes.query<{ cost: number }>(rows);
  expect(cost).toBeGreaterThan(0);
  expect(cost).toBe(provider.billedNano);
  await expect(
    processes.query(
      `SELECT split_part(account, ':', 1) AS of, sum(spent_nano_usd)::float8 AS spent
         FROM (SELECT account, spent_nano_usd FROM budgets UNION ALL SELECT account, spent_nano_usd FROM budget_leases) AS books
        GROUP BY 1 ORDER BY 1`,
    ),
  ).resolves.toEqual([
    { of: "key", spent: cost },
    { of: "user", spent: cost },
  ]);
});
