import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { describeGuideCommands, type GuideTarget, runCommand } from "../guide/describe";
import { ADMIN, HELLO, JSON_BODY } from "../guide/rows";
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
}, 60_000);

afterAll(async () => {
  await gateway?.stop();
  await Promise.all([postgres?.stop(), provider?.stop(), bedrock?.stop()]);
  fs.rmSync(directory, { recursive: true, force: true });
});

const target = (): GuideTarget => ({
  url: gateway.url,
  masterKey: MASTER_KEY,
  models: MODELS,
  has: ["bedrock", "langfuse"],
  lastRules: async () => {
    const { system } = provider.lastRequest.body as { system: readonly { text: string }[] };
    return system[0]?.text;
  },
});

describeGuideCommands({ models: MODELS, has: ["bedrock", "langfuse"] }, target);

test("rules that are edited are in force without a restart", async () => {
  const made = await runCommand(
    target(),
    `curl -s http://localhost:4000/key/generate ${ADMIN} ${JSON_BODY} -d '{"metadata":{"enforcement_level":"standard"}}'`,
  );
  fs.writeFileSync(path.join(directory, "prompts/standard.md"), "Work as carefully as ever.\n");
  await eventually(async () => {
    await runCommand(
      target(),
      `curl -s http://localhost:4000/v1/chat/completions ${JSON_BODY} -H "Authorization: Bearer ${made.body.key}" ${HELLO("hello")}`,
    );
    return (await target().lastRules()) === "Work as carefully as ever.";
  });
});
