import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startMark } from "../../../cli/local/process-identity";
import { main } from "../../../cli/main";
import { FakeCoder } from "../../support/services/fake-coder";
import { ADMIN_TOKEN, ProvisionerProcesses } from "../../support/services/provisioner-process";
import type { ServiceProcess } from "../../support/services/service-process";
import { temporaryFolder } from "../../support/temporary-folder";

const environment = process.env;
let coder: FakeCoder;
let platform: ProvisionerProcesses;
let provisioner: ServiceProcess;
let out: string;
let err: string;
let home: string;

beforeAll(async () => {
  coder = await FakeCoder.start();
  platform = await ProvisionerProcesses.start(coder);
  provisioner = await platform.startProvisioner();
}, 90_000);
afterAll(async () => {
  await platform?.stop();
  await coder?.stop();
});
beforeEach(() => {
  home = temporaryFolder();
  process.env = { ...environment, SLUICE_HOME: home, KEY_PROVISIONER_ADMIN_TOKEN: ADMIN_TOKEN };
  out = "";
  err = "";
  jest.spyOn(console, "log").mockImplementation((text) => {
    out += `${text}\n`;
  });
  jest.spyOn(console, "error").mockImplementation((text) => {
    err += `${text}\n`;
  });
});
afterEach(() => {
  process.env = environment;
  jest.restoreAllMocks();
});

async function run(...args: string[]): Promise<number> {
  out = "";
  err = "";
  return main(["keys", ...args, "--url", provisioner.url]);
}

it("makes service keys, shows each once and alone, lists, rotates and revokes them", async () => {
  expect(await run("create", "ci", "frontend-repo")).toBe(0);
  const key = out.trim();
  expect(out).toMatch(/^sk-[\w-]+\n$/);
  expect(err).toContain("ci:frontend-repo");
  expect(err).not.toContain(key);
  expect(await run("create", "agent", "review", "--json")).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    alias: "agent-review",
    budget_usd: 15,
    requests_per_minute: 40,
    reused: false,
  });

  expect(await run("list")).toBe(0);
  expect(out).toMatch(/^ci-frontend-repo +standard +\$0\.00 +\$5 per 1d +30 +claude-haiku-4-5 +active$/m);
  expect(out).not.toMatch(/sk-/);
  expect(await run("info", "agent-review")).toBe(0);
  expect(out).toMatch(/^budget +\$15 per 1d$/m);

  expect(await run("rotate", "ci-frontend-repo")).toBe(0);
  expect(out).toMatch(/^sk-/);
  expect(out.trim()).not.toBe(key);
  expect((await platform.atGateway(key)).status).toBe(404);
  expect(await run("revoke", "ci-frontend-repo")).toBe(0);
  expect(await run("revoke", "ci-frontend-repo")).toBe(1);
  expect(err).toContain("There is no key ci-frontend-repo");
  expect(readdirSync(home)).toEqual([]);
});

it("gets a user's own key with a Coder token, and shows what is left of it", async () => {
  process.env["KEY_PROVISIONER_ADMIN_TOKEN"] = "";
  expect(await run("self-service")).toBe(1);
  expect(err).toContain("CODER_SESSION_TOKEN is not set");
  process.env["CODER_SESSION_TOKEN"] = coder.addUser("ada").sessionToken;
  expect(await run("self-service", "--purpose", "notebooks")).toBe(0);
  const key = out.trim();
  expect(await run("self-service", "--json")).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ key, reused: true, alias: "user-ada", budget_usd: 20 });
  process.env["OPENAI_API_KEY"] = key;
  expect(await run("info")).toBe(0);
  expect(out).toMatch(/^alias +user-ada$/m);
  expect(out).toMatch(/^resets +\d{4}-/m);
});

it("makes keys for users in one go, and permits a level", async () => {
  expect(await run("bootstrap", "bo", "cleo")).toBe(0);
  expect(out).toMatch(/^bo=sk-\S+\ncleo=sk-\S+\n$/);
  expect(await run("level", "user-bo", "nonsense")).toBe(1);
  expect(err).toContain("there are unrestricted, standard, design-first");
  expect(await run("level", "user-bo", "unrestricted")).toBe(0);
  expect(await run("reset", "bo")).toBe(0);
  expect(out).toContain("1 key has");
});

it("sends the platform's own token to its own key-provisioner only, and says what else to do", async () => {
  process.env["KEY_PROVISIONER_ADMIN_TOKEN"] = "";
  writeFileSync(
    join(home, "secrets.tfvars.json"),
    JSON.stringify({ key_provisioner_admin_token: ADMIN_TOKEN }),
  );
  expect(await run("list")).toBe(1);
  expect(err).toContain("there is no administrator's token");
  expect(await run("list", "--admin-token-file", join(home, "secrets.tfvars.json"))).toBe(0);
});

it("uses the local platform's token while that runs", async () => {
  process.env["KEY_PROVISIONER_ADMIN_TOKEN"] = "";
  const local = join(home, "local");
  mkdirSync(local);
  writeFileSync(
    join(home, "secrets.tfvars.json"),
    JSON.stringify({ key_provisioner_admin_token: "sk-of-the-deployed-one" }),
  );
  writeFileSync(
    join(local, "secrets.tfvars.json"),
    JSON.stringify({ key_provisioner_admin_token: ADMIN_TOKEN }),
  );
  const config = join(home, "platform.yaml");
  writeFileSync(
    config,
    `apiVersion: sluice/v1\nports: { keyProvisioner: ${new URL(provisioner.url).port} }\n`,
  );
  process.env["SLUICE_CONFIG"] = config;
  expect(await main(["keys", "list"])).toBe(1);
  expect(err).toContain("401");
  const instance = { pid: process.pid, started: startMark(process.pid), url: "http://127.0.0.1:4000" };
  writeFileSync(join(local, "sluice.pid"), JSON.stringify(instance));
  expect(await main(["keys", "list"])).toBe(0);
});

it("asks where the key-provisioner is published, and on the loopback while the local platform runs", async () => {
  const file = join(home, "platform.yaml");
  writeFileSync(
    file,
    "apiVersion: sluice/v1\nexposure: { address: 127.0.0.3 }\nports: { keyProvisioner: 8109 }\n",
  );
  process.env["SLUICE_CONFIG"] = file;
  expect(await main(["keys", "list"])).toBe(1);
  expect(err).toContain("gives no answer at http://127.0.0.3:8109 ");
  mkdirSync(join(home, "local"));
  const instance = { pid: process.pid, started: startMark(process.pid), url: "x" };
  writeFileSync(join(home, "local/sluice.pid"), JSON.stringify(instance));
  err = "";
  expect(await main(["keys", "list"])).toBe(1);
  expect(err).toContain("gives no answer at http://127.0.0.1:8109 ");
});
