import fs from "node:fs";
import path from "node:path";
import { DIALECTS, type Dialect } from "../support/enforcement/bodies";
import { CapturingProvider } from "../support/enforcement/capturing-provider";
import { closeRaw, sendRaw } from "../support/enforcement/raw-request";
import { BEHAVIOURS, MARKS, privateBody, REFUSED, USER } from "../support/private-requests";
import { eventually } from "../support/services/eventually";
import { GatewayProcesses, isReady, MODEL, makeKey } from "../support/services/gateway-processes";
import type { ServiceProcess } from "../support/services/service-process";
import { temporaryFolder } from "../support/temporary-folder";

/**
 * What clients and models say to each other is in no log line at any level, no table, no metric and no file of the
 * journal, whatever goes wrong.
 */
const RULES = "zqRules7f3a: be careful.";
const PATHS: Readonly<Record<Dialect, string>> = {
  chat: "/v1/chat/completions",
  messages: "/v1/messages",
  responses: "/v1/responses",
};
let processes: GatewayProcesses;
let provider: CapturingProvider;
let gateway: ServiceProcess;
let journal: string;
let key: string;

beforeAll(async () => {
  provider = await CapturingProvider.start();
  journal = path.join(temporaryFolder(), "journal");
  processes = await GatewayProcesses.start({
    upstreamUrl: provider.urlOf("a", "anthropic"),
    rules: RULES,
    env: { JOURNAL_DIRECTORY: journal, LOG_LEVEL: "trace" },
  });
  await processes.useDatabase("privacy");
  gateway = await processes.startGateway();
  key = await makeKey(gateway);
}, 60_000);
afterAll(async () => {
  closeRaw();
  await Promise.all([processes?.stop(), provider?.stop()]);
});

/** @returns the body of the answer, as far as it came */
async function send(to: string, body: string, as = key): Promise<string> {
  const headers = {
    authorization: `Bearer ${as}`,
    "content-type": "application/json",
    "x-note": MARKS.header,
    "anthropic-beta": MARKS.header,
    cookie: `a=${MARKS.header}`,
    referer: `http://x/${MARKS.header}`,
  };
  const sent = sendRaw(gateway.url, { method: "POST", path: to, headers, body });
  return sent.then(({ body: answer }) => answer).catch(String);
}

async function sendEverything(): Promise<string> {
  const answers: string[] = [];
  for (const dialect of DIALECTS) {
    for (const behaviour of Object.values(BEHAVIOURS)) {
      provider.script = behaviour;
      for (const stream of [false, true]) {
        const body = JSON.stringify({ model: MODEL, stream, ...privateBody(dialect) });
        answers.push(await send(`${PATHS[dialect]}?note=${MARKS.query}`, body));
      }
    }
    for (const body of REFUSED) answers.push(await send(PATHS[dialect], body(dialect, MODEL)));
    answers.push(await send(`/v1/${MARKS.path}`, JSON.stringify(privateBody(dialect))));
    answers.push(
      await send(PATHS[dialect], JSON.stringify(privateBody(dialect)), "sk-no-such-key-of-anyone"),
    );
  }
  return answers.join("\n");
}

/** All tables, row by row. */
async function readTables(): Promise<string> {
  const tables = await processes.query<{ name: string }>(
    "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
  );
  const rows = await Promise.all(
    tables.map(({ name }) => processes.query(`SELECT row_to_json(t)::text AS row FROM ${name} t`)),
  );
  return rows.map((some) => JSON.stringify(some)).join("\n");
}

function readJournal(): string {
  return fs
    .readdirSync(journal, { recursive: true, encoding: "utf8" })
    .map((name) => path.join(journal, name))
    .filter((file) => fs.statSync(file).isFile())
    .map((file) => fs.readFileSync(file, "latin1"))
    .join("\n");
}

const marksIn = (text: string) =>
  [...Object.values(MARKS), RULES.slice(0, 11)].filter((mark) => text.includes(mark));
const readMetrics = async () => (await fetch(`${gateway.url}/metrics`)).text();

it("nothing of it is kept", async () => {
  const answers = await sendEverything();
  // What it is about did happen.
  for (const mark of [MARKS.answer, MARKS.call]) expect(answers).toContain(mark);
  const kept = await readTables();
  expect(marksIn(kept)).toEqual([]);
  expect(kept).toContain(MODEL);
  expect(marksIn(gateway.output)).toEqual([]);
  expect(gateway.output).not.toContain(USER);
  expect(gateway.output.split("\n").length).toBeGreaterThan(20);
  const metrics = await readMetrics();
  expect(marksIn(metrics)).toEqual([]);
  expect(metrics).not.toContain(USER);
}, 120_000);

it("nothing of it is in the journal, nor in what is said about an outage", async () => {
  await processes.postgres.pause("immediate");
  await sendEverything();
  const journal = readJournal();
  expect(journal).toContain(MODEL);
  expect(marksIn(journal)).toEqual([]);
  expect(marksIn(gateway.output)).toEqual([]);
  await processes.postgres.resume();
  await eventually(() => isReady(gateway), 30_000);
  expect(marksIn(await readTables())).toEqual([]);
  expect(marksIn(await readMetrics())).toEqual([]);
}, 180_000);

it("who asks is kept with what was spent, and nowhere else", async () => {
  const rows = await processes.query<{ row: Record<string, unknown> }>(
    "SELECT row_to_json(t) AS row FROM audit_log t",
  );
  const columns = new Set(
    rows.flatMap(({ row }) => Object.keys(row).filter((name) => JSON.stringify(row[name]).includes(USER))),
  );
  expect([...columns]).toEqual(["end_user"]);
});
