import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parsePlatform } from "../../../constructs/config/load";
import { renderGatewayConfig } from "../../../constructs/gateway-config";
import { EmbeddedPostgres } from "../../support/services/embedded-postgres";
import { eventually } from "../../support/services/eventually";
import { FakeAnthropic, messageStart, stallAfter } from "../../support/services/fake-anthropic";
import { ServiceProcess } from "../../support/services/service-process";
import { PROJECT } from "../../support/source-files";
import { temporaryFolder } from "../../support/temporary-folder";

/** The real command against a real gateway on a real Postgres; only the provider is a fake. */
const MASTER_KEY = "sk-master-key-of-the-verify-test";
const PLATFORM = `apiVersion: sluice/v1
enforcement:
  default: standard
  minimum: { "agent:write": design-first }
`;
jest.setTimeout(60_000);

let postgres: EmbeddedPostgres;
let provider: FakeAnthropic;
let gateway: ServiceProcess;
let folder: string;

beforeAll(async () => {
  folder = temporaryFolder();
  writeFileSync(join(folder, "platform.yaml"), PLATFORM);
  writeFileSync(join(folder, "master-key"), `${MASTER_KEY}\n`);
  const platform = parsePlatform(PLATFORM, "platform.yaml");
  writeFileSync(join(folder, "config.yaml"), renderGatewayConfig(platform));
  cpSync(join(PROJECT, "prompts"), join(folder, "prompts"), { recursive: true });
  [postgres, provider] = await Promise.all([EmbeddedPostgres.start(), FakeAnthropic.start()]);
  gateway = await ServiceProcess.start("gateway", {
    LITELLM_MASTER_KEY: MASTER_KEY,
    DATABASE_URL: await postgres.createDatabase("verify"),
    CONFIG_FILE: join(folder, "config.yaml"),
    PROMPTS_DIRECTORY: join(folder, "prompts"),
    ANTHROPIC_API_KEY: "credential-of-the-provider",
    ANTHROPIC_BASE_URL: provider.url,
  });
  await eventually(async () => (await fetch(`${gateway.url}/health/readiness`)).status === 200);
});

afterAll(async () => {
  await gateway?.stop();
  await Promise.all([postgres?.stop(), provider?.stop()]);
});

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn(process.execPath, ["cli/bootstrap.cjs", "verify", "enforcement", ...args], {
    cwd: PROJECT,
    env: {
      ...process.env,
      LITELLM_MASTER_KEY: "",
      SLUICE_CONFIG: join(folder, "platform.yaml"),
      SLUICE_HOME: join(folder, "home"),
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function outcome(child: ChildProcess): Promise<{ code: number | null; out: string; err: string }> {
  let out = "";
  let err = "";
  child.stdout?.on("data", (text) => {
    out += text;
  });
  child.stderr?.on("data", (text) => {
    err += text;
  });
  const [code] = await once(child, "close");
  return { code, out, err };
}

const verify = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  outcome(start(["--url", gateway.url, ...args], env));

async function keysLeft(): Promise<string[]> {
  const answer = await fetch(`${gateway.url}/key/aliases`, {
    headers: { authorization: `Bearer ${MASTER_KEY}` },
  });
  const { aliases } = (await answer.json()) as { aliases: string[] };
  return aliases.filter((alias) => alias.startsWith("verify-"));
}

it("shows that every level holds on every route, and leaves no key", async () => {
  const { code, out, err } = await verify([], { LITELLM_MASTER_KEY: MASTER_KEY });
  expect(out + err).not.toMatch(/FAILED|Does not hold/);
  expect(code).toBe(0);
  const line = (name: string) => out.split("\n").find((text) => text.trim().startsWith(name)) ?? "";
  expect(line("key")).toMatch(
    /rules +metadata +chat completions +messages +responses +asked for less +own key$/,
  );
  expect(line("unrestricted")).toMatch(/^ +unrestricted +none( +holds){6}$/);
  expect(line("standard")).toMatch(/standard +standard@[0-9a-f]{12}( +holds){6}$/);
  expect(line("design-first")).toMatch(/design-first@[0-9a-f]{12}( +holds){6}$/);
  expect(line("default")).toMatch(/default +standard@[0-9a-f]{12}( +holds){6}$/);
  expect(line("minimum-agent-write")).toMatch(/ design-first@[0-9a-f]{12}( +holds){6}$/);
  expect(await keysLeft()).toEqual([]);
  expect(out + err).not.toContain(MASTER_KEY);
  // What the provider got says it, too: 12 requests for each of five keys, all but those without rules with them first.
  const system = provider.requests.map(
    ({ body }) => (body["system"] as { text: string }[] | undefined)?.[0]?.text,
  );
  expect(system).toHaveLength(70);
  expect(system.filter((text) => text?.startsWith("# Working rules: standard"))).toHaveLength(28);
  expect(system.filter((text) => text?.startsWith("# Working rules: design first"))).toHaveLength(28);
});

it("fails when the gateway has other rules, names them, and says it in JSON", async () => {
  writeFileSync(join(folder, "prompts/standard.md"), "Do as you like.");
  await eventually(() => gateway.output.split("enforced prompt loaded").length === 4);
  const { code, out, err } = await verify(["--json", "--master-key-file", join(folder, "master-key")]);
  cpSync(join(PROJECT, "prompts"), join(folder, "prompts"), { recursive: true });
  expect(code).toBe(1);
  expect(err).toBe(`error: enforcement does not hold at ${gateway.url}: 28 checks failed\n`);
  const report = JSON.parse(out);
  expect(report).toMatchObject({ url: gateway.url, model: "claude-sonnet-4-5", holds: false });
  const standard = report.keys.find(({ level }: { level: string }) => level === "standard");
  expect(standard.checks).toContainEqual({
    kind: "messages",
    action: "POST /v1/messages, stream",
    holds: false,
    fault: expect.stringMatching(
      /^x-enforced-prompt must be standard@[0-9a-f]{12}, is standard@[0-9a-f]{12}: the gateway has other rules than prompts\//,
    ),
  });
  const unrestricted = report.keys.find(({ level }: { level: string }) => level === "unrestricted");
  expect(unrestricted.checks.every(({ holds }: { holds: boolean }) => holds)).toBe(true);
  expect(await keysLeft()).toEqual([]);
});

it("deletes its key when it is interrupted", async () => {
  const before = provider.requests.length;
  provider.script = stallAfter([messageStart()]);
  const child = start(["--url", gateway.url], { LITELLM_MASTER_KEY: MASTER_KEY });
  const ended = outcome(child);
  await eventually(() => provider.requests.length > before, 20_000);
  expect(await keysLeft()).toHaveLength(1);
  child.kill("SIGINT");
  const { code, err } = await ended;
  expect([code, err]).toEqual([1, expect.stringContaining("error: interrupted; its key is deleted")]);
  expect(await keysLeft()).toEqual([]);
});

it.each([
  [
    "there is no master key",
    [],
    {},
    "there is no master key to create keys with\n  → put it into LITELLM_MASTER_KEY",
  ],
  [
    "it is another gateway's",
    [],
    { LITELLM_MASTER_KEY: "sk-another-master-key-00" },
    "→ give this gateway's own master key",
  ],
  [
    "the gateway cannot use the model",
    ["--model", "nowhere-1"],
    { LITELLM_MASTER_KEY: MASTER_KEY },
    "nothing was verified: the gateway cannot use the model nowhere-1; it can use claude-sonnet-4-5",
  ],
  ["nothing answers", ["--url", "http://127.0.0.1:9"], { LITELLM_MASTER_KEY: MASTER_KEY }, "gives no answer"],
  ["the URL is none", ["--url", "localhost:4000"], {}, "--url is not the URL of a gateway"],
])("says what to do when %s", async (_what, args, env, expected) => {
  const { code, err } = await verify(args, env);
  expect(err).toContain(expected);
  expect(err).not.toMatch(/^\s+at /m);
  expect(code).toBe(1);
});
