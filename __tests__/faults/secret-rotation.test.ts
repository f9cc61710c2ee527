import fs from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { eventually } from "../support/services/eventually";
import { answerWith, FakeAnthropic, failWith, messageEvents } from "../support/services/fake-anthropic";
import { askChat, GatewayProcesses } from "../support/services/gateway-processes";
import { readGauges } from "../support/services/gauges";
import type { ServiceProcess } from "../support/services/service-process";
import { temporaryFolder } from "../support/temporary-folder";

/** A gateway whose secrets are files, under load, while all of them change: delivered as a directory that a symbolic link leads to. */
const FIRST = "sk-first-master-key-of-the-rotation";
const SECOND = "sk-second-master-key-of-the-rotation";

const folder = temporaryFolder();
let processes: GatewayProcesses;
let provider: FakeAnthropic;
let gateway: ServiceProcess;
let deliveries = 0;

function deliver(secrets: Readonly<Record<string, string>>): void {
  deliveries += 1;
  const content = `content-${deliveries}`;
  fs.mkdirSync(path.join(folder, content, "secrets"), { recursive: true });
  for (const [name, value] of Object.entries(secrets))
    fs.writeFileSync(path.join(folder, content, "secrets", name), value);
  fs.symlinkSync(content, path.join(folder, "next"));
  fs.renameSync(path.join(folder, "next"), path.join(folder, "current"));
}

const first = {
  LITELLM_MASTER_KEY: FIRST,
  DATABASE_PASSWORD: "first-database-password",
  ANTHROPIC_API_KEY: "first-provider-credential",
};

beforeAll(async () => {
  provider = await FakeAnthropic.start();
  processes = await GatewayProcesses.start({ upstreamUrl: provider.url });
  const { postgres } = processes;
  await processes.useDatabase("rotation");
  await postgres.query(`CREATE ROLE gateway LOGIN PASSWORD '${first.DATABASE_PASSWORD}'`);
  await postgres.query("ALTER DATABASE rotation OWNER TO gateway");
  await postgres.requirePasswords();
  deliver(first);
  gateway = await processes.startGateway({
    SECRETS_DIRECTORY: path.join(folder, "current", "secrets"),
    DATABASE_URL: postgres.urlAs("gateway", "rotation"),
    LITELLM_MASTER_KEY: "",
    ANTHROPIC_API_KEY: "",
    LOG_LEVEL: "info",
  });
}, 60_000);
afterAll(() => Promise.all([processes?.stop(), provider?.stop()]));

/** One caller after the other with a key; statuses other than 200 are kept. */
function startCaller(key: string) {
  let isOver = false;
  const failures: string[] = [];
  let answers = 0;
  const call = async () => {
    while (!isOver) {
      const response = await askChat(gateway, key);
      const text = await response.text();
      answers += 1;
      if (response.status !== 200) failures.push(`${response.status} ${text}`);
    }
  };
  const done = Promise.all([call(), call()]);
  return {
    get answers() {
      return answers;
    },
    async stop() {
      isOver = true;
      await done;
      return failures;
    },
  };
}

const statusOf = async (key: string) =>
  (await fetch(`${gateway.url}/models`, { headers: { authorization: `Bearer ${key}` } })).status;
const usedCredential = () => provider.lastRequest.headers["x-api-key"];

test("every secret changes under load, and no request is refused", async () => {
  const key = await makeKeyWith(FIRST);
  const callers = [startCaller(key), startCaller(FIRST)];
  await wait(300);
  const second = {
    LITELLM_MASTER_KEY: SECOND,
    LITELLM_MASTER_KEY_PREVIOUS: FIRST,
    LITELLM_MASTER_KEY_PREVIOUS_VALID_UNTIL: new Date(Date.now() + 8000).toISOString(),
    DATABASE_PASSWORD: "second-database-password",
    ANTHROPIC_API_KEY: "second-provider-credential",
  };
  deliver(second);
  // At once, before the gateway has noticed.
  await processes.postgres.query(`ALTER ROLE gateway PASSWORD '${second.DATABASE_PASSWORD}'`);
  await eventually(async () => (await statusOf(SECOND)) === 200, 3000);
  await eventually(() => usedCredential() === second.ANTHROPIC_API_KEY);
  await eventually(() => gateway.output.includes("database password updated"), 15_000);
  expect(await statusOf(FIRST)).toBe(200);
  // The callers with the former key end within its grace.
  await eventually(() => callers.every(({ answers }) => answers > 20));
  const failures = await Promise.all(callers.map((caller) => caller.stop()));
  expect(failures.flat()).toEqual([]);
  await eventually(async () => (await statusOf(FIRST)) === 401, 10_000);
  expect(await statusOf(SECOND)).toBe(200);
  const actors = await processes.query<{ actor: string | null }>(
    "SELECT DISTINCT actor FROM audit_log WHERE caller_kind = 'master' AND route = '/v1/chat/completions'",
  );
  expect(actors.map(({ actor }) => actor).sort()).toEqual([null, "previous master key"].sort());
}, 60_000);

test("what is wrong leaves the former in force, and shows", async () => {
  deliver({ ...first, LITELLM_MASTER_KEY: "without-the-prefix" });
  await eventually(() => gateway.output.includes("secrets rejected, keeping the previous ones"));
  expect(gateway.output).toContain("LITELLM_MASTER_KEY: must start with sk-");
  expect(await statusOf(SECOND)).toBe(200);
  const gauges = await readGauges(gateway.url);
  expect(gauges.get("gateway_secrets_last_reload_successful")).toBe(0);
  expect(gauges.get("gateway_secrets_reload_failures_total")).toBe(1);
});

test("a deployment that cools down is asked again with a new credential", async () => {
  const secrets = { LITELLM_MASTER_KEY: SECOND, DATABASE_PASSWORD: "second-database-password" };
  const [refuse, answer] = [
    failWith(401, "authentication_error", "invalid x-api-key"),
    answerWith(messageEvents(["Hello"])),
  ];
  provider.script = (response, request) =>
    (request.headers["x-api-key"] === "third-provider-credential" ? answer : refuse)(response, request);
  deliver({ ...secrets, ANTHROPIC_API_KEY: "revoked-provider-credential" });
  await eventually(async () => {
    expect((await askChat(gateway, SECOND)).status).not.toBe(200);
    return usedCredential() === "revoked-provider-credential";
  });
  deliver({ ...secrets, ANTHROPIC_API_KEY: "third-provider-credential" });
  await eventually(async () => (await askChat(gateway, SECOND)).status === 200, 3000);
  expect(usedCredential()).toBe("third-provider-credential");
});

test("no secret is in the log", () => {
  for (const secret of [FIRST, SECOND, "database-password", "provider-credential", "without-the-prefix"])
    expect(gateway.output).not.toContain(secret);
});

async function makeKeyWith(masterKey: string): Promise<string> {
  const response = await fetch(`${gateway.url}/key/generate`, {
    method: "POST",
    headers: { authorization: `Bearer ${masterKey}`, "content-type": "application/json" },
    body: JSON.stringify({ max_budget: 1000 }),
  });
  return ((await response.json()) as { key: string }).key;
}
