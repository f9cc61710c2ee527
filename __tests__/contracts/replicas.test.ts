import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { EmbeddedPostgres } from "../support/services/embedded-postgres";
import { eventually } from "../support/services/eventually";
import { ServiceProcess } from "../support/services/service-process";

/** Two gateway processes on one Postgres: what one of them is told, the other knows. */
const MASTER_KEY = "sk-master-key-of-the-replicas";
const CONFIG = `
model_list:
  - model_name: claude-sonnet-4-5
    litellm_params: { model: anthropic/claude-sonnet-4-5-20250929, api_key: os.environ/ANTHROPIC_API_KEY }
`;

let postgres: EmbeddedPostgres;
let here: ServiceProcess;
let there: ServiceProcess;
let directory: string;

beforeAll(async () => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "replicas-"));
  fs.writeFileSync(path.join(directory, "config.yaml"), CONFIG);
  postgres = await EmbeddedPostgres.start();
  const env = {
    LITELLM_MASTER_KEY: MASTER_KEY,
    DATABASE_URL: await postgres.createDatabase("replicas"),
    CONFIG_FILE: path.join(directory, "config.yaml"),
    ANTHROPIC_API_KEY: "credential-of-the-provider",
  };
  [here, there] = await Promise.all([
    ServiceProcess.start("gateway", env),
    ServiceProcess.start("gateway", env),
  ]);
  for (const { url } of [here, there])
    await eventually(async () => (await fetch(`${url}/health/readiness`)).status === 200);
}, 60_000);

afterAll(async () => {
  await Promise.all([here?.stop(), there?.stop()]);
  await postgres?.stop();
  fs.rmSync(directory, { recursive: true, force: true });
});

// biome-ignore lint/suspicious/noExplicitAny: tests read answers by their fields
async function post(url: string, body: object): Promise<any> {
  const response = await fetch(`${here.url}${url}`, {
    method: "POST",
    headers: { authorization: `Bearer ${MASTER_KEY}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  return response.json();
}

/** Waits until the other replica answers a key with this status: long before it compares all rows, and so by the notification. */
async function answersWith(key: string, status: number): Promise<void> {
  const since = performance.now();
  for (;;) {
    const response = await fetch(`${there.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
    await response.arrayBuffer();
    if (response.status === status) return;
    if (performance.now() - since > 5000) throw new Error(`still ${response.status}`);
  }
}

test("blocking, unblocking, rotating and deleting a key reach the other replica at once", async () => {
  for (let round = 0; round < 5; round += 1) {
    const { key } = await post("/key/generate", { key_alias: `key-${round}` });
    await answersWith(key, 200);
    await post("/key/block", { key });
    await answersWith(key, 401);
    await post("/key/unblock", { key });
    await answersWith(key, 200);
    const { key: next } = await post("/key/regenerate", { key });
    await answersWith(key, 401);
    await answersWith(next, 200);
    await post("/key/delete", { keys: [next] });
    await answersWith(next, 401);
  }
});

test("of many creations of one alias at both replicas, one wins", async () => {
  const results = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      fetch(`${index % 2 === 0 ? here.url : there.url}/key/generate`, {
        method: "POST",
        headers: { authorization: `Bearer ${MASTER_KEY}`, "content-type": "application/json" },
        body: JSON.stringify({ key_alias: "contested" }),
      }),
    ),
  );
  const statuses = results.map((response) => response.status).sort();
  expect(statuses).toEqual([200, ...Array.from({ length: 19 }, () => 400)]);
});

test("a row says what was done with which key, and holds no secret", async () => {
  const { key, key_id: keyId } = await post("/key/generate", { key_alias: "audited" });
  await post("/key/update", { key, max_budget: 1, metadata: { a: 1 } });
  const rows = await postgres.query<Record<string, unknown>>(
    `SELECT * FROM audit_log WHERE target = 'key ${keyId}' ORDER BY started_at`,
    "replicas",
  );
  expect(rows).toMatchObject([
    { route: "/key/generate", caller_kind: "master", actor: null, changed: "key_alias", status: 200 },
    {
      route: "/key/update",
      caller_kind: "master",
      actor: null,
      changed: "metadata, max_budget",
      status: 200,
    },
  ]);
  expect(JSON.stringify(rows)).not.toContain(key);
});
