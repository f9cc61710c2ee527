import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import OpenAI from "openai";
import { EmbeddedPostgres } from "../../support/services/embedded-postgres";
import { eventually } from "../../support/services/eventually";
import {
  encodeEvents,
  FakeAnthropic,
  failWith,
  messageStart,
  stallAfter,
  textDelta,
} from "../../support/services/fake-anthropic";
import { FakeBedrock } from "../../support/services/fake-bedrock";
import { WITHIN_CONTENT, withoutEnd } from "../../support/services/faults";
import { readGauges } from "../../support/services/gauges";
import { RawConnection, rawRequest } from "../../support/services/raw-connection";
import { ServiceProcess } from "../../support/services/service-process";

/** Real processes, a real Postgres, the real OpenAI SDK, and the simulated provider that the product ships. */
const MASTER_KEY = "sk-master-key-of-the-server-test";
const MODEL = "claude-sonnet-4-5";
const CONFIG = `
model_list:
  - model_name: ${MODEL}
    litellm_params: { model: anthropic/claude-sonnet-4-5-20250929, api_key: os.environ/ANTHROPIC_API_KEY, api_base: "https://api.anthropic.com" }
    model_info: { input_cost_per_token: 3e-06, output_cost_per_token: 1.5e-05, max_output_tokens: 64000 }
  - model_name: bedrock-claude
    litellm_params: { model: "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0", aws_region_name: os.environ/AWS_REGION }
general_settings: { master_key: os.environ/LITELLM_MASTER_KEY, database_url: os.environ/DATABASE_URL }
litellm_settings: { drop_params: true, turn_off_message_logging: true, callbacks: ["enforcement_hook.proxy_handler_instance"] }
`;

let postgres: EmbeddedPostgres;
let provider: ServiceProcess;
let gateway: ServiceProcess;
let directory: string;
let count = 0;

beforeAll(async () => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "gateway-test-"));
  fs.writeFileSync(path.join(directory, "config.yaml"), CONFIG);
  [postgres, provider] = await Promise.all([
    EmbeddedPostgres.start(),
    ServiceProcess.start("simulated-provider", {}),
  ]);
}, 60_000);

afterEach(() => gateway.stop());
afterAll(async () => {
  await Promise.all([postgres?.stop(), provider?.stop()]);
  fs.rmSync(directory, { recursive: true, force: true });
});

function environment(databaseUrl: string): Record<string, string> {
  return {
    LITELLM_MASTER_KEY: MASTER_KEY,
    DATABASE_URL: databaseUrl,
    CONFIG_FILE: path.join(directory, "config.yaml"),
    ANTHROPIC_API_KEY: "credential-of-the-provider",
    ANTHROPIC_BASE_URL: provider.url,
    LOG_LEVEL: "info",
  };
}

async function startGateway(env: Record<string, string> = {}): Promise<string> {
  count += 1;
  const name = `gateway_${count}`;
  gateway = await ServiceProcess.start("gateway", {
    ...environment(await postgres.createDatabase(name)),
    ...env,
  });
  await eventually(async () => (await readiness()).status === 200);
  return name;
}

const readiness = () => fetch(`${gateway.url}/health/readiness`);

/** A client without retries: what the gateway answers is what the test sees. */
const client = (apiKey = MASTER_KEY) => new OpenAI({ apiKey, baseURL: `${gateway.url}/v1`, maxRetries: 0 });

const ask = (apiKey?: string) =>
  client(apiKey).chat.completions.create({
    model: MODEL,
    messages: [{ role: "user", content: "ping" }],
    max_tokens: 200,
  });

test("a virtual key, the OpenAI SDK, JSON and stream, and a row in Postgres for each", async () => {
  const database = await startGateway();
  const made = await fetch(`${gateway.url}/key/generate`, {
    method: "POST",
    headers: { authorization: `Bearer ${MASTER_KEY}`, "content-type": "application/json" },
    body: JSON.stringify({ key_alias: "workspace-1", user_id: "ada", models: [MODEL] }),
  });
  expect(made.status).toBe(200);
  const { key } = (await made.json()) as { key: string };

  const json = await ask(key);
  expect(json.choices[0]?.message.content).toMatch(/^\[simulated\].*"ping"/);
  expect(json.model).toBe(MODEL);

  const stream = await client(key).chat.completions.create({
    model: MODEL,
    messages: [{ role: "user", content: "ping" }],
    stream: true,
    stream_options: { include_usage: true },
  });
  let text = "";
  let tokens: number | undefined;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? "";
    tokens = chunk.usage?.total_tokens;
  }
  expect(text).toBe(json.choices[0]?.message.content);
  expect(tokens).toBe(json.usage?.total_tokens);

  // Both answers are complete, so both rows are there: no waiting.
  const rows = await postgres.query<Record<string, unknown>>(
    "SELECT * FROM audit_log WHERE route = '/v1/chat/completions' ORDER BY started_at",
    database,
  );
  const { prompt_tokens: input = 0, completion_tokens: output = 0 } = json.usage ?? {};
  const cost = String(input * 3000 + output * 15_000);
  expect(rows).toMatchObject([
    { key_alias: "workspace-1", user_id: "ada", status: 200, is_stream: false, cost_nano_usd: cost },
    { key_alias: "workspace-1", user_id: "ada", status: 200, is_stream: true, cost_nano_usd: cost },
  ]);
  expect(rows.map((row) => row["request_id"])).toContain(json.id.replace("chatcmpl-", ""));
  expect(gateway.output).toMatch(/bedrock-claude\/0 .* is not used: no region/);
  expect(gateway.output).not.toContain(key);
  expect(gateway.output).not.toContain(MASTER_KEY);
  expect(gateway.output).not.toContain("credential-of-the-provider");
});

test("SIGHUP and a changed file: new requests see the new models, a running stream ends as it began", async () => {
  const file = path.join(directory, "changing.yaml");
  fs.writeFileSync(file, CONFIG);
  await startGateway({ CONFIG_FILE: file });
  const models = async () => (await client().models.list()).data.map(({ id }) => id);
  const stream = await client().chat.completions.create({
    model: MODEL,
    messages: [{ role: "user", content: "a question ".repeat(20) }],
    stream: true,
  });
  let last: string | null | undefined;
  let chunks = 0;
  for await (const chunk of stream) {
    chunks += 1;
    if (chunks === 2) {
      fs.writeFileSync(file, CONFIG.replaceAll(MODEL, "claude-renamed"));
      gateway.child.kill("SIGHUP");
      await eventually(async () => (await models()).join() === "claude-renamed");
      await expect(ask()).rejects.toMatchObject({ status: 404, param: "model" });
    }
    last = chunk.choices[0]?.finish_reason;
  }
  expect(last).toBe("stop");

  fs.writeFileSync(file, "model_list: nonsense");
  await eventually(() => gateway.output.includes("configuration rejected"));
  expect(gateway.output).toContain("changing.yaml:1:1 model_list: must be a list of models");
  expect(await models()).toEqual(["claude-renamed"]);

  // Without a signal: the file alone.
  fs.writeFileSync(file, CONFIG);
  await eventually(async () => (await models()).join() === MODEL);
  expect(gateway.child.exitCode).toBeNull();
});

test("SIGHUP puts a new level in force, with its rules, and a wrong file leaves it so", async () => {
  const prompts = path.join(directory, "prompts");
  const configFile = path.join(directory, "config.yaml");
  fs.mkdirSync(prompts);
  fs.writeFileSync(path.join(prompts, "standard.md"), "Be careful.");
  fs.writeFileSync(path.join(prompts, "pair.md"), "Work in pairs.");
  await startGateway({ PROMPTS_DIRECTORY: prompts });
  const made = await fetch(`${gateway.url}/key/generate`, {
    method: "POST",
    headers: { authorization: `Bearer ${MASTER_KEY}`, "content-type": "application/json" },
    body: "{}",
  });
  const { key } = (await made.json()) as { key: string };
  const rules = async () =>
    (await ask(key).asResponse()).headers.get("x-enforced-prompt")?.replace(/@[0-9a-f]{12}$/, "");
  expect(await rules()).toBe("standard");

  const level = "levels: [{ name: pair, file: pair.md, strictness: 150 }], default_level:";
  fs.writeFileSync(configFile, `${CONFIG}enforcement_settings: { ${level} pair }\n`);
  gateway.child.kill("SIGHUP");
  await eventually(() => gateway.output.includes('"prompt":"pair@'));
  expect(await rules()).toBe("pair");

  fs.writeFileSync(configFile, `${CONFIG}enforcement_settings: { ${level} strict }\n`);
  gateway.child.kill("SIGHUP");
  await eventually(() => gateway.output.includes("enforcement_settings.default_level: strict is not one of"));
  expect(await rules()).toBe("pair");
  fs.writeFileSync(configFile, CONFIG);
});

test("Anthropic fails, Bedrock answers: keys from the environment, signed, recorded", async () => {
  const keys = { accessKeyId: "AKIATEST", secretAccessKey: "the-aws-secret", sessionToken: "the-aws-token" };
  const [anthropic, bedrock] = await Promise.all([
    FakeAnthropic.start(),
    FakeBedrock.start("eu-west-1", keys),
  ]);
  anthropic.script = failWith(529, "overloaded_error", "busy");
  const file = path.join(directory, "two-providers.yaml");
  fs.writeFileSync(
    file,
    `
model_list:
  - model_name: ${MODEL}
    litellm_params: { model: bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0, api_base: "${bedrock.url}", aws_region_name: os.environ/AWS_REGION, order: 2 }
  - model_name: ${MODEL}
    litellm_params: { model: anthropic/claude-sonnet-4-5-20250929, api_key: os.environ/ANTHROPIC_API_KEY, order: 1 }
`,
  );
  try {
    const database = await startGateway({
      CONFIG_FILE: file,
      ANTHROPIC_BASE_URL: anthropic.url,
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      AWS_SESSION_TOKEN: keys.sessionToken,
    });
    expect((await ask()).choices[0]?.message.content).toBe("Hello from Bedrock");
    const rows = await postgres.query<Record<string, unknown>>(
      "SELECT deployment, attempts, status, cost_nano_usd FROM audit_log",
      database,
    );
    // List prices of a regional profile, a tenth more: 10 × 3300 + 7 × 16500 + 4 × 330 + 3 × 4125
    expect(rows).toEqual([{ deployment: `${MODEL}/1`, attempts: 2, status: 200, cost_nano_usd: "162195" }]);
    expect(gateway.output).not.toContain("the-aws");
  } finally {
    await Promise.all([anthropic.stop(), bedrock.stop()]);
  }
});

test("SIGTERM lets a running stream end, then the process ends with 0", async () => {
  const database = await startGateway();
  const stream = await client().chat.completions.create({
    model: MODEL,
    messages: [{ role: "user", content: "a question ".repeat(20) }],
    stream: true,
  });
  let last: string | null | undefined;
  let chunks = 0;
  for await (const chunk of stream) {
    if (chunks === 1) gateway.child.kill("SIGTERM");
    chunks += 1;
    last = chunk.choices[0]?.finish_reason;
  }
  expect(last).toBe("stop");
  expect(chunks).toBeGreaterThan(20);
  await expect(gateway.exited()).resolves.toBe(0);
  await expect(postgres.query("SELECT status FROM audit_log", database)).resolves.toEqual([{ status: 200 }]);
});

describe("between SIGTERM and the end", () => {
  const becomesLameDuck = () =>
    eventually(async () => {
      const response = await readiness();
      expect(response.status).toBe(503);
      expect(await response.json()).toMatchObject({ status: "shutting_down", db: "connected" });
      return true;
    });

  test("readiness says 503 while everything is served; a second signal ends that", async () => {
    await startGateway({ LAME_DUCK_SECONDS: "300" });
    gateway.child.kill("SIGTERM");
    await becomesLameDuck();
    await expect(ask()).resolves.toMatchObject({ model: MODEL });
    const { key } = (await (
      await fetch(`${gateway.url}/key/generate`, {
        method: "POST",
        headers: { authorization: `Bearer ${MASTER_KEY}`, "content-type": "application/json" },
        body: JSON.stringify({ max_budget: 1 }),
      })
    ).json()) as { key: string };
    await expect(ask(key)).resolves.toMatchObject({ model: MODEL });
    gateway.child.kill("SIGTERM");
    await expect(gateway.exited()).resolves.toBe(0);
  });

  test("that ends by itself, with 0", async () => {
    await startGateway({ LAME_DUCK_SECONDS: "1" });
    gateway.child.kill("SIGTERM");
    await becomesLameDuck();
    await expect(gateway.exited()).resolves.toBe(0);
  });

  test("a person at the keyboard does not wait", async () => {
    await startGateway({ LAME_DUCK_SECONDS: "300" });
    gateway.child.kill("SIGINT");
    await expect(gateway.exited()).resolves.toBe(0);
  });
});

test("a stream that outlasts the stop grace ends with an error, and with its row", async () => {
  const fake = await FakeAnthropic.start();
  fake.script = stallAfter([messageStart(), textDelta("begun")]);
  try {
    const database = await startGateway({ ANTHROPIC_BASE_URL: fake.url, STOP_GRACE_SECONDS: "1" });
    const stream = await client().chat.completions.create({
      model: MODEL,
      messages: [{ role: "user", content: "x" }],
      stream: true,
    });
    const read = (async () => {
      for await (const chunk of stream) if (chunk.choices[0]?.delta.content) gateway.child.kill("SIGTERM");
    })();
    await expect(read).rejects.toThrow(/shutting down/);
    await expect(gateway.exited()).resolves.toBe(0);
    await expect(postgres.query("SELECT status, error_type FROM audit_log", database)).resolves.toEqual([
      { status: 503, error_type: "server_error" },
    ]);
  } finally {
    await fake.stop();
  }
});

test.each([
  ["nothing", ""],
  ["half a head", "GET /health/liveness HTTP/1.1\r\nhost: gateway\r\n"],
  ["half a body that nobody reads", "POST /nope HTTP/1.1\r\nhost: gateway\r\ncontent-length: 1000\r\n\r\n"],
])("SIGTERM closes connections that have sent %s, long before the stop grace ends", async (_what, bytes) => {
  await startGateway({ STOP_GRACE_SECONDS: "600" });
  const stranger = await RawConnection.open(gateway.url);
  stranger.send(bytes);
  await readiness(); // so that it is there
  gateway.child.kill("SIGTERM");
  await stranger.closed(20_000);
  await expect(gateway.exited()).resolves.toBe(0);
});

test.each([
  ["does not send its body", "1000"],
  ["does not take its answer", undefined],
])("a client that %s delays the end by no more than the stop grace", async (_what, length) => {
  const fake = await FakeAnthropic.start();
  fake.script = withoutEnd(encodeEvents([...WITHIN_CONTENT, ...Array(50).fill(textDelta("a word"))]));
  try {
    const database = await startGateway({
      ANTHROPIC_BASE_URL: fake.url,
      STOP_GRACE_SECONDS: "1",
      REQUEST_BODY_MIN_BYTES_PER_SECOND: "0",
    });
    const slow = await RawConnection.open(gateway.url);
    slow.stopReading();
    const messages = [{ role: "user", content: "x" }];
    const headers = { authorization: `Bearer ${MASTER_KEY}`, "content-type": "application/json" };
    slow.send(
      rawRequest("POST", "/v1/chat/completions", {
        headers: length === undefined ? headers : { ...headers, "content-length": length },
        body: JSON.stringify({ model: MODEL, max_tokens: 500_000, stream: true, messages }),
      }),
    );
    await eventually(async () => {
      const gauges = await readGauges(gateway.url);
      return (
        (gauges.get("gateway_requests_open") ?? 0) > 1 && (length !== undefined || fake.requests.length > 0)
      );
    });
    gateway.child.kill("SIGTERM");
    await expect(gateway.exited()).resolves.toBe(0);
    await expect(postgres.query("SELECT count(*)::int FROM audit_log", database)).resolves.toEqual([
      { count: 1 },
    ]);
  } finally {
    await fake.stop();
  }
});

test("Postgres goes and comes back: the gateway says so, refuses, and recovers by itself", async () => {
  await startGateway();
  await ask();
  await postgres.pause("immediate");
  try {
    const away = await eventually(async () => {
      const response = await readiness();
      return response.status === 503 ? response : undefined;
    });
    expect(await away?.json()).toMatchObject({ status: "unhealthy", db: "disconnected" });
    await expect(ask()).rejects.toMatchObject({ status: 503, code: "audit_unavailable" });
    expect((await fetch(`${gateway.url}/health/liveliness`)).status).toBe(200);
  } finally {
    await postgres.resume();
  }
  await eventually(async () => (await readiness()).status === 200);
  await expect(ask()).resolves.toMatchObject({ model: MODEL });
});

test("starts without Postgres, says that it is not ready, and becomes ready when Postgres comes", async () => {
  const url = await postgres.createDatabase("late");
  await postgres.pause("fast");
  try {
    gateway = await ServiceProcess.start("gateway", environment(url));
    expect((await readiness()).status).toBe(503);
    const refused = await fetch(`${gateway.url}/v1/models`, {
      headers: { authorization: "Bearer sk-some-virtual-key" },
    });
    expect(refused.status).toBe(503);
  } finally {
    await postgres.resume();
  }
  await eventually(async () => (await readiness()).status === 200);
  await expect(ask()).resolves.toMatchObject({ model: MODEL });
});

test("a wrong configuration ends the start with every issue and no secret", async () => {
  gateway = await ServiceProcess.spawn("gateway", { LITELLM_MASTER_KEY: "planted-secret", PORT: "http" });
  await expect(gateway.exited()).resolves.toBe(1);
  for (const name of ["LITELLM_MASTER_KEY: ", "DATABASE_URL: ", "PORT: "])
    expect(gateway.output).toContain(name);
  expect(gateway.output).not.toContain("planted-secret");
});
