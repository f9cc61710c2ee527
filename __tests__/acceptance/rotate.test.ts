import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { AppliedPlatform, type CommandResult } from "../support/applied/applied-platform";
import { docker, inspect } from "../support/applied/docker";
import { passesWithin } from "../support/applied/passes-within";
import { startUpstream } from "../support/applied/upstream";

/** Secrets of an applied platform are rotated by the command that operators have, while requests run. */
const PROVIDER_KEY = "planted-provider-key-of-the-rotation";

let platform: AppliedPlatform;
let virtualKey: string;

const container = (service: string) => `${platform.name}-${service}`;
const gateway = (path: string, init?: RequestInit) =>
  fetch(`http://127.0.0.1:${platform.gatewayPort}${path}`, init);
const masterKey = () => platform.secrets()["gateway_master_key"] ?? "";
const statusWith = async (key: string) =>
  (await gateway("/models", { headers: { authorization: `Bearer ${key}` } })).status;

async function post(path: string, key: string, body: object): Promise<Response> {
  return gateway(path, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

/** Asks a model, and makes keys with the present master key, until it is stopped. Answers that are not 200 are kept. */
function startRequests() {
  let isOver = false;
  const failures: string[] = [];
  let count = 0;
  const loop = async (ask: () => Promise<Response>) => {
    while (!isOver) {
      const response = await ask();
      const text = await response.text();
      if (response.status !== 200) failures.push(`${response.status} ${text}`);
      count += 1;
      await wait(50);
    }
  };
  const formerMasterKey = masterKey();
  const done = Promise.all([
    loop(() =>
      post("/v1/chat/completions", virtualKey, {
        model: "claude-sonnet-4-5",
        max_tokens: 16,
        messages: [{ role: "user", content: "Say hello" }],
      }),
    ),
    loop(() => post("/key/generate", formerMasterKey, {})),
  ]);
  return async () => {
    isOver = true;
    await done;
    return { failures, count };
  };
}

/** Without blocking: requests run meanwhile. */
function rotate(...args: string[]): Promise<CommandResult> {
  return rotateWith({}, ...args);
}

async function rotateWith(environment: Record<string, string>, ...args: string[]): Promise<CommandResult> {
  const running = platform.startWith(environment, "rotate", ...args, "--yes");
  const [exitCode] = await running.ended;
  return { exitCode: (exitCode as number | null) ?? -1, output: running.output };
}

/** Logs in to Postgres by the network, as a service does. */
function logIn(role: string, database: string, password: string): string {
  const login =
    'IFS= read -r PGPASSWORD; export PGPASSWORD; psql -h postgres -U "$1" -d "$2" -w -X -Atqc "SELECT 1" 2>&1 || true';
  return docker(
    "exec",
    container("postgres"),
    "sh",
    "-c",
    `printf '%s\\n' "$3" | { ${login}; }`,
    "sh",
    role,
    database,
    password,
  );
}

beforeAll(async () => {
  platform = await AppliedPlatform.create({ ANTHROPIC_API_KEY: PROVIDER_KEY });
  platform.configure();
  const { exitCode, output } = platform.npmRun("deploy", "--", "--yes");
  if (exitCode !== 0) throw new Error(output);
  startUpstream(platform.name);
  virtualKey = (
    (await (await post("/key/generate", masterKey(), { max_budget: 100 })).json()) as { key: string }
  ).key;
});
afterAll(() => platform.remove());

test.each([
  ["gateway_master_key", ["gateway_master_key", "--grace", "10m"]],
  ["gateway_database_password", ["gateway_database_password"]],
  ["postgres_superuser_password", ["postgres_superuser_password"]],
  ["key_provisioner_database_password", ["key_provisioner_database_password"]],
  ["key_provisioner_admin_token", ["key_provisioner_admin_token"]],
  ["gateway_provisioner_token", ["gateway_provisioner_token"]],
])("%s changes, no request is refused and no container is replaced", async (name, args) => {
  const before = platform.secrets();
  const ids = ["gateway", "postgres", "key-provisioner"].map((service) => inspect(container(service)).Id);
  const stop = startRequests();
  const { exitCode, output } = await rotate(...args);
  const { failures, count } = await stop();
  expect(output).toContain("Containers that are replaced: none");
  expect(output).toContain(`${name} is rotated: the new value is taken`);
  expect(exitCode).toBe(0);
  expect(failures).toEqual([]);
  expect(count).toBeGreaterThan(20);
  expect(["gateway", "postgres", "key-provisioner"].map((service) => inspect(container(service)).Id)).toEqual(
    ids,
  );
  const [former = "", present = ""] = [before[name], platform.secrets()[name]];
  expect(present).not.toBe(former);
  expect(existsSync(join(platform.home, ".sluice/rotation.json"))).toBe(false);
  for (const value of [former, present]) expect(output).not.toContain(value);
});

test("Postgres asks for a password; without a grace the former master key is refused at once", async () => {
  const [former, { gateway_database_password: password = "" }] = [masterKey(), platform.secrets()];
  expect(logIn("gateway", "gateway", password)).toContain("1");
  expect(logIn("gateway", "gateway", "a-former-password")).toContain("password authentication failed");
  const { exitCode, output } = await rotate("gateway_master_key", "--grace", "0");
  expect(output).toContain("the former one is refused");
  expect(exitCode).toBe(0);
  expect(await statusWith(former)).toBe(401);
  expect(await statusWith(masterKey())).toBe(200);
});

test("a provider's credential is used from the next request on", async () => {
  const { exitCode, output } = await rotateWith(
    { ANTHROPIC_API_KEY: "another-planted-provider-key" },
    "ANTHROPIC_API_KEY",
  );
  expect(output).toContain("ANTHROPIC_API_KEY is delivered");
  expect(exitCode).toBe(0);
  await passesWithin(10, async () => {
    const logs = docker(
      "exec",
      container("gateway"),
      "sh",
      "-c",
      "cat /etc/sluice/current/secrets/ANTHROPIC_API_KEY",
    );
    expect(logs.trim()).toBe("another-planted-provider-key");
  });
});
