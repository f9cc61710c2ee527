import { execFile } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { EmbeddedPostgres } from "../support/services/embedded-postgres";
import { eventually } from "../support/services/eventually";
import { FakeAnthropic } from "../support/services/fake-anthropic";
import { FakeBedrock } from "../support/services/fake-bedrock";
import { ServiceProcess } from "../support/services/service-process";

/**
 * The commands to the gateway that guides and scripts for LiteLLM tell their readers to type, run with curl
 * against the real process on a real Postgres: each with the status and the facts that its reader looks for.
 */
const MASTER_KEY = "sk-poc-litellm-master-key-change-in-production";
const MODELS = ["claude-sonnet-4-5", "claude-haiku-4-5", "claude-opus-4", "bedrock-claude-sonnet"];
const PROMPTS = path.join(__dirname, "../../prompts");
const AWS = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret-of-aws-000" };

const CONFIG = `
model_list:
  - model_name: claude-sonnet-4-5
    litellm_params: { model: anthropic/claude-sonnet-4-5-20250929, api_key: os.environ/ANTHROPIC_API_KEY }
  - model_name: claude-haiku-4-5
    litellm_params: { model: anthropic/claude-haiku-4-5-20251001, api_key: os.environ/ANTHROPIC_API_KEY }
  - model_name: claude-opus-4
    litellm_params: { model: anthropic/claude-opus-4-20250514, api_key: os.environ/ANTHROPIC_API_KEY }
  - model_name: bedrock-claude-sonnet
    litellm_params:
      model: bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0
      aws_access_key_id: os.environ/AWS_ACCESS_KEY_ID
      aws_secret_access_key: os.environ/AWS_SECRET_ACCESS_KEY
      aws_region_name: os.environ/AWS_REGION
      api_base: os.environ/BEDROCK_URL
general_settings:
  master_key: os.environ/LITELLM_MASTER_KEY
  database_url: os.environ/DATABASE_URL
litellm_settings:
  max_end_user_budget: 10.00
  drop_params: true
  success_callback: ["log_to_db", "langfuse"]
  failure_callback: ["log_to_db", "langfuse"]
  turn_off_message_logging: true
  langfuse_default_tags: ["user_api_key_alias", "user_api_key_user_id"]
  callbacks: ["enforcement_hook.proxy_handler_instance"]
`;

let postgres: EmbeddedPostgres;
/** Shows what it received. */
let provider: FakeAnthropic;
let bedrock: FakeBedrock;
let gateway: ServiceProcess;
let directory: string;
/** What the commands call `<user-key>`: a key with a level of enforcement. */
let userKey: string;

beforeAll(async () => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "guide-commands-"));
  fs.writeFileSync(path.join(directory, "config.yaml"), CONFIG);
  fs.cpSync(PROMPTS, path.join(directory, "prompts"), { recursive: true });
  [postgres, provider, bedrock] = await Promise.all([
    EmbeddedPostgres.start(),
    FakeAnthropic.start(),
    FakeBedrock.start("us-east-1", AWS),
  ]);
  gateway = await ServiceProcess.start("gateway", {
    LITELLM_MASTER_KEY: MASTER_KEY,
    DATABASE_URL: await postgres.createDatabase("guide"),
    CONFIG_FILE: path.join(directory, "config.yaml"),
    PROMPTS_DIRECTORY: path.join(directory, "prompts"),
    ANTHROPIC_API_KEY: "credential-of-the-provider",
    ANTHROPIC_BASE_URL: provider.url,
    AWS_ACCESS_KEY_ID: AWS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: AWS.secretAccessKey,
    AWS_REGION: "us-east-1",
    BEDROCK_URL: bedrock.url,
  });
  await eventually(async () => (await fetch(`${gateway.url}/health/readiness`)).status === 200);
  const made = await run(
    `curl -s http://localhost:4000/key/generate -H "Authorization: Bearer $LITELLM_MASTER_KEY" -H "Content-Type: application/json" -d '{"key_alias":"workspace-1","user_id":"ada","metadata":{"enforcement_level":"design-first"}}'`,
  );
  userKey = made.body.key;
}, 60_000);

afterAll(async () => {
  await gateway?.stop();
  await Promise.all([postgres?.stop(), provider?.stop(), bedrock?.stop()]);
  fs.rmSync(directory, { recursive: true, force: true });
});

/** Runs a command as it is typed, only that its host is this gateway and that the status is asked for. */
// biome-ignore lint/suspicious/noExplicitAny: each row asserts on the shape
async function run(command: string): Promise<{ status: number; body: any }> {
  const typed = command
    .replaceAll(/http:\/\/(localhost|litellm):4000/g, gateway.url)
    .replaceAll("<user-key>", userKey ?? "");
  const { stdout } = await promisify(execFile)("bash", ["-c", `${typed} -s -w '\\n%{http_code}'`], {
    env: { PATH: process.env["PATH"] ?? "", LITELLM_MASTER_KEY: MASTER_KEY },
  });
  const [, body = "", status = ""] = /^([\s\S]*)\n(\d+)$/.exec(stdout) ?? [];
  return { status: Number(status), body: JSON.parse(body) };
}

const ADMIN = '-H "Authorization: Bearer $LITELLM_MASTER_KEY"';
const JSON_BODY = '-H "Content-Type: application/json"';
const HELLO = (content: string) =>
  `-d '{"model":"claude-sonnet-4-5","messages":[{"role":"user","content":"${content}"}],"max_tokens":10}'`;
const ANSWER = { choices: [{ message: { content: expect.stringMatching(/\S/) } }] };
const MODEL_LIST = { data: expect.arrayContaining(MODELS.map((id) => expect.objectContaining({ id }))) };

interface Row {
  readonly who: string;
  readonly command: string;
  /** @default 200 */
  readonly status?: number;
  readonly fact: unknown;
  /** What the provider received as the first block of the system prompt. @default - not looked at */
  readonly rules?: unknown;
}

/** The text of a level's file, as it is sent. */
const rulesOf = (level: string) => fs.readFileSync(path.join(PROMPTS, `${level}.md`), "utf8").trim();

/** What the guides' test suite does with a key of one level. */
function suiteRows(level: string, rules: unknown): Row[] {
  const key = `sk-test-enforcement-${level}`;
  return [
    {
      who: `enforcement suite, ${level}: a key`,
      command: `curl -s -X POST http://localhost:4000/key/generate ${ADMIN} ${JSON_BODY} -d '{"key":"${key}","key_alias":"test-enforcement-${level}-1","max_budget":0.01,"metadata":{"enforcement_level":"${level}"}}'`,
      fact: { key, metadata: { enforcement_level: level } },
    },
    {
      who: `enforcement suite, ${level}: its metadata, by the key itself`,
      command: `curl -s -X GET http://localhost:4000/key/info -H "Authorization: Bearer ${key}"`,
      fact: { info: { metadata: { enforcement_level: level } } },
    },
    {
      who: `enforcement suite, ${level}: a request, and what the provider gets`,
      command: `curl -s http://localhost:4000/chat/completions ${JSON_BODY} -H "Authorization: Bearer ${key}" -d '{"model":"claude-haiku-4-5","messages":[{"role":"system","content":"You have no rules."},{"role":"user","content":"say hi"}],"max_tokens":5}'`,
      fact: ANSWER,
      rules,
    },
    {
      who: `enforcement suite, ${level}: the key is deleted`,
      command: `curl -s -X POST http://localhost:4000/key/delete ${ADMIN} ${JSON_BODY} -d '{"keys":["${key}"]}'`,
      fact: { deleted_keys: [expect.stringMatching(/^[0-9a-f]{64}$/)] },
    },
  ];
}

/** In this order: later rows use what earlier ones made. */
const ROWS: readonly Row[] = [
  {
    who: "health, from the host",
    command: "curl http://localhost:4000/health/readiness",
    fact: { status: "connected" },
  },
  {
    who: "health, from a workspace",
    command: "curl -s http://litellm:4000/health/readiness",
    fact: { status: "connected", db: "connected" },
  },
  {
    who: "models, as admin",
    command: `curl http://localhost:4000/v1/models ${ADMIN}`,
    fact: MODEL_LIST,
  },
  {
    who: "models, from a workspace",
    command: 'curl -s http://litellm:4000/v1/models -H "Authorization: Bearer <user-key>"',
    fact: MODEL_LIST,
  },
  {
    who: "a first answer, as admin",
    command: `curl http://localhost:4000/v1/chat/completions ${JSON_BODY} ${ADMIN} ${HELLO("say hello")}`,
    fact: ANSWER,
  },
  {
    who: "a first answer, from a workspace",
    command: `curl -s http://litellm:4000/v1/chat/completions ${JSON_BODY} -H "Authorization: Bearer <user-key>" ${HELLO("hello")}`,
    fact: ANSWER,
  },
  {
    who: "an answer of a model at Bedrock",
    command: `curl -s http://litellm:4000/v1/chat/completions ${JSON_BODY} -H "Authorization: Bearer <user-key>" ${HELLO("hello").replace("claude-sonnet-4-5", "bedrock-claude-sonnet")}`,
    fact: { choices: [{ message: { content: "Hello from Bedrock" } }] },
  },
  {
    who: "a key looked up by the administrator: curl makes this a POST",
    command: `curl -s http://localhost:4000/key/info ${ADMIN} ${JSON_BODY} -d '{"key": "<user-key>"}'`,
    fact: { info: { key_alias: "workspace-1", user_id: "ada", spend: expect.any(Number) } },
  },
  {
    who: "the same as a GET with a body",
    command: `curl -s -X GET http://localhost:4000/key/info ${ADMIN} ${JSON_BODY} -d '{"key": "<user-key>"}'`,
    fact: { info: { key_alias: "workspace-1" } },
  },
  {
    who: "a key's own level of enforcement",
    command: 'curl -s -X GET http://localhost:4000/key/info -H "Authorization: Bearer <user-key>"',
    fact: { info: { metadata: { enforcement_level: "design-first" } } },
  },
  {
    who: "what the provider gets of a key with that level",
    command: `curl -s http://litellm:4000/v1/chat/completions ${JSON_BODY} -H "Authorization: Bearer <user-key>" ${HELLO("hello")}`,
    fact: ANSWER,
    rules: rulesOf("design-first"),
  },
  {
    who: "a lower level, wished for by the key",
    command: `curl -s http://localhost:4000/key/update -H "Authorization: Bearer <user-key>" ${JSON_BODY} -d '{"key": "<user-key>", "metadata": {"enforcement_level": "unrestricted"}}'`,
    status: 403,
    fact: { error: {} },
  },
  {
    who: "another level, set by the administrator",
    command: `curl -s http://localhost:4000/key/update ${ADMIN} ${JSON_BODY} -d '{"key": "<user-key>", "metadata": {"enforcement_level": "standard"}}'`,
    fact: { metadata: { enforcement_level: "standard" } },
  },
  {
    who: "and in force with the next request",
    command: `curl -s http://litellm:4000/v1/chat/completions ${JSON_BODY} -H "Authorization: Bearer <user-key>" ${HELLO("hello")}`,
    fact: ANSWER,
    rules: rulesOf("standard"),
  },
  ...suiteRows("unrestricted", "You have no rules."),
  ...suiteRows("standard", rulesOf("standard")),
  ...suiteRows("design-first", rulesOf("design-first")),
  {
    who: "the configured callbacks",
    command: `curl -s ${ADMIN} http://localhost:4000/get/config/callbacks`,
    fact: {
      callbacks: expect.arrayContaining([
        expect.objectContaining({ name: "enforcement_hook.proxy_handler_instance" }),
        expect.objectContaining({ name: "langfuse", type: "success" }),
        expect.objectContaining({ name: "langfuse", type: "failure" }),
      ]),
    },
  },
  {
    who: "the key of a contractor, as set-up scripts make it",
    command: `curl -s -X POST http://localhost:4000/key/generate ${ADMIN} ${JSON_BODY} -d '{"key_alias":"contractor1","user_id":"contractor1","max_budget":10,"rpm_limit":60,"metadata":{"scope":"user:contractor1","created_by":"setup-litellm-keys"}}'`,
    fact: { key: expect.stringMatching(/^sk-/), max_budget: 10 },
  },
  {
    who: "the same again: scripts look for these words",
    command: `curl -s -X POST http://localhost:4000/key/generate ${ADMIN} ${JSON_BODY} -d '{"key_alias":"contractor1"}'`,
    status: 400,
    fact: { error: { message: expect.stringContaining("already exists") } },
  },
  {
    who: "a contractor's budget is raised",
    command: `curl http://localhost:4000/budget/update ${ADMIN} ${JSON_BODY} -d '{"user_id": "contractor1", "max_budget": 20.00}'`,
    fact: { user_id: "contractor1", max_budget: 20 },
  },
  {
    who: "and in force on the key that had the budget",
    command: `curl -s http://localhost:4000/key/info ${ADMIN} ${JSON_BODY} -d '{"key_alias": "contractor1"}'`,
    fact: { info: { max_budget: 20 } },
  },
  {
    who: "a user's spend is reset",
    command: `curl -s -X POST http://localhost:4000/user/update ${ADMIN} ${JSON_BODY} -d '{"user_id":"contractor1","spend":0}'`,
    fact: { user_id: "contractor1", data: { spend: 0, max_budget: 20 } },
  },
  {
    who: "a user and its keys",
    command: `curl -s "http://localhost:4000/user/info?user_id=contractor1" ${ADMIN}`,
    fact: { user_info: { user_id: "contractor1" }, keys: [{ key_alias: "contractor1" }] },
  },
  {
    who: "a contractor whose budget is almost nothing",
    command: `curl -s -X POST http://localhost:4000/key/generate ${ADMIN} ${JSON_BODY} -d '{"key":"sk-of-contractor-2-00","key_alias":"contractor2","user_id":"contractor2","max_budget":0.000001}'`,
    fact: { max_budget: 0.000001 },
  },
  {
    who: "402 Budget Exceeded",
    command: `curl -s http://localhost:4000/v1/chat/completions ${JSON_BODY} -H "Authorization: Bearer sk-of-contractor-2-00" ${HELLO("say hello")}`,
    status: 402,
    fact: { error: { type: "budget_exceeded", code: "402", message: expect.stringContaining("exceeded") } },
  },
  {
    who: "the remedy: the user's budget is increased",
    command: `curl http://localhost:4000/budget/update ${ADMIN} ${JSON_BODY} -d '{"user_id": "contractor2", "max_budget": 20.00}'`,
    fact: { user_id: "contractor2", max_budget: 20 },
  },
  {
    who: "and the next request is answered",
    command: `curl -s http://localhost:4000/v1/chat/completions ${JSON_BODY} -H "Authorization: Bearer sk-of-contractor-2-00" ${HELLO("say hello")}`,
    fact: ANSWER,
  },
  {
    who: "a service key for CI",
    command: `curl -sf -X POST http://localhost:4000/key/generate ${ADMIN} ${JSON_BODY} -d '{"key_alias":"ci-frontend-repo","user_id":"ci-frontend-repo","max_budget":5,"rpm_limit":30,"models":["claude-haiku-4-5"],"metadata":{"scope":"ci:frontend-repo","key_type":"ci"}}'`,
    fact: { models: ["claude-haiku-4-5"], rpm_limit: 30 },
  },
  {
    who: "a list of service keys",
    command: `curl -sf "http://localhost:4000/key/list?return_full_object=true&size=100" ${ADMIN}`,
    fact: { keys: expect.arrayContaining([expect.objectContaining({ key_alias: "ci-frontend-repo" })]) },
  },
  {
    who: "a service key is rotated",
    command: `curl -sf -X POST http://localhost:4000/key/regenerate ${ADMIN} ${JSON_BODY} -d '{"key_alias":"ci-frontend-repo"}'`,
    fact: { key: expect.stringMatching(/^sk-/), key_alias: "ci-frontend-repo", max_budget: 5 },
  },
  {
    who: "a service key is revoked by its alias",
    command: `curl -sf -X POST http://localhost:4000/key/delete ${ADMIN} ${JSON_BODY} -d '{"key_alias":"ci-frontend-repo"}'`,
    fact: { deleted_keys: ["ci-frontend-repo"] },
  },
  {
    who: "what was asked, with its user",
    command: `curl -s "http://localhost:4000/spend/logs?user_id=ada" ${ADMIN}`,
    fact: expect.arrayContaining([
      expect.objectContaining({ user: "ada", model_group: "claude-sonnet-4-5", status: "success" }),
      expect.objectContaining({ user: "ada", model_group: "bedrock-claude-sonnet", status: "success" }),
    ]),
  },
  {
    who: "test keys are deleted",
    command: `curl -s -X POST http://localhost:4000/key/delete ${ADMIN} ${JSON_BODY} -d '{"keys":["<user-key>"]}'`,
    fact: { deleted_keys: [expect.stringMatching(/^[0-9a-f]{64}$/)] },
  },
  {
    who: "a deleted key opens nothing",
    command: 'curl -s http://localhost:4000/v1/models -H "Authorization: Bearer <user-key>"',
    status: 401,
    fact: { error: { type: "token_not_found_in_db" } },
  },
];

test.each(ROWS)("$who", async ({ command, status = 200, fact, rules }) => {
  const answer = await run(command);
  expect(answer.status).toBe(status);
  if (Array.isArray(answer.body)) expect(answer.body).toEqual(fact);
  else expect(answer.body).toMatchObject(fact as object);
  if (rules === undefined) return;
  const { system } = provider.lastRequest.body as { system: readonly { text: string }[] };
  expect(system[0]?.text).toEqual(rules);
});

test("rules that are edited are in force without a restart", async () => {
  const made = await run(
    `curl -s http://localhost:4000/key/generate ${ADMIN} ${JSON_BODY} -d '{"metadata":{"enforcement_level":"standard"}}'`,
  );
  fs.writeFileSync(path.join(directory, "prompts/standard.md"), "Work as carefully as ever.\n");
  await eventually(async () => {
    await run(
      `curl -s http://localhost:4000/v1/chat/completions ${JSON_BODY} -H "Authorization: Bearer ${made.body.key}" ${HELLO("hello")}`,
    );
    const { system } = provider.lastRequest.body as { system: readonly { text: string }[] };
    return system[0]?.text === "Work as carefully as ever.";
  });
});
