import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type CoderDeployment, deployCoder } from "../../cli/apply/deploy-coder";
import { betweenSteps } from "../../cli/apply/interruption";
import { removeCoder } from "../../cli/apply/remove-coder";
import { CoderClient as ProductClient } from "../../cli/coder/coder-client";
import { stateFile } from "../../cli/sluice-home";
import { stackFolder } from "../../cli/stack-folder";
import { type Synthesis, synthesize } from "../../cli/synthesize";
import { Progress } from "../../cli/terminal/progress";
import { isCoderDeployed } from "../../cli/terraform/coder-state";
import { CoderServer } from "../support/coder/coder-server";
import { PROJECT } from "../support/source-files";
import { temporaryFolder } from "../support/temporary-folder";

/** Bootstrap and the stack `coder` against a real Coder, with the template as it is. The key-provisioner only records what it is told. */
const NAME = `sluice-test-stack-${process.pid}`;
const PASSWORD = "Owner-9x7Lk3vTm-q2Zr";
const ADA_PASSWORD = "Ada-Pw-9x7Lk3vTm-q2Zr";
const ADMIN_TOKEN = "sk-admin-of-the-key-provisioner";

const folder = temporaryFolder();
const home = join(folder, "home");
const environment = { ...process.env };

let server: CoderServer;
let keyProvisioner: Server;
const told: { readonly authorization: string | undefined; readonly token: string }[] = [];
let shown = "";

beforeAll(async () => {
  server = await CoderServer.start(NAME);
  keyProvisioner = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    told.push({ authorization: request.headers.authorization, token: JSON.parse(body).token });
    response.end("{}");
  });
  await new Promise<void>((resolve) => keyProvisioner.listen(0, "127.0.0.1", resolve));
  mkdirSync(home, { mode: 0o700 });
  writeSecrets(PASSWORD);
  configure();
  process.env["SLUICE_HOME"] = home;
  process.env["SLUICE_CONFIG"] = join(folder, "platform.yaml");
  process.env["ADA_PASSWORD"] = ADA_PASSWORD;
}, 600_000);

afterAll(() => {
  process.env = environment;
  keyProvisioner?.close();
  server?.remove();
});

function writeSecrets(password: string) {
  const values = { coder_first_user_password: password, key_provisioner_admin_token: ADMIN_TOKEN };
  writeFileSync(join(home, "secrets.tfvars.json"), JSON.stringify(values), { mode: 0o600 });
}

function configure(yaml = "", users = true) {
  const { port } = keyProvisioner.address() as AddressInfo;
  const ada =
    "users: [{ username: ada, email: ada@example.com, login: password, passwordEnv: ADA_PASSWORD, roles: [auditor] }]";
  writeFileSync(
    join(folder, "platform.yaml"),
    `apiVersion: sluice/v1
name: ${NAME.slice(0, 20)}
ports: { coderHttp: ${new URL(server.url).port}, keyProvisioner: ${port} }
coder: { ${users ? ada : ""} }
${yaml}
`,
  );
}

/** Not waited for in one breath: it asks the key-provisioner, which is in this process. */
async function sluice(...args: string[]) {
  const child = spawn(process.execPath, ["cli/bootstrap.cjs", ...args], { cwd: PROJECT, env: process.env });
  const result = { status: -1, stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => (result.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (result.stderr += text));
  const [status] = await once(child, "close");
  return { ...result, status };
}

const stored = () => ({
  provider: JSON.parse(readFileSync(join(home, "coder.tfvars.json"), "utf8")).coder_provider_token as string,
  keyProvisioner: readFileSync(join(home, "coder-key-provisioner.token"), "utf8").trim(),
});

async function asOwner<T>(work: (owner: ProductClient) => Promise<T>): Promise<T> {
  const anybody = new ProductClient(server.url);
  const owner = anybody.as((await anybody.login("admin@sluice.example", PASSWORD)) ?? "");
  return work(owner);
}

async function tokensOf(username: string) {
  return asOwner(async (owner) => owner.tokens((await owner.user(username)) ?? { id: "" }));
}

async function get(path: string, token: string): Promise<Response> {
  return fetch(`${server.url}/api/v2${path}`, { headers: { "coder-session-token": token } });
}

describe("sluice coder bootstrap", () => {
  it("sets Coder up, and changes nothing the second time", async () => {
    const first = await sluice("coder", "bootstrap", "--json");
    expect([first.stderr, first.status]).toEqual(["", 0]);
    expect(JSON.parse(first.stdout)).toEqual({
      first_user: "created",
      tokens: { "sluice-deploy": "new", "sluice-key-provisioner": "new" },
      deleted_tokens: 0,
      changed_roles: [],
    });
    const tokens = stored();
    expect(told).toEqual([{ authorization: `Bearer ${ADMIN_TOKEN}`, token: tokens.keyProvisioner }]);
    const second = await sluice("coder", "bootstrap", "--json");
    expect(JSON.parse(second.stdout)).toMatchObject({
      first_user: "exists",
      tokens: { "sluice-deploy": "valid", "sluice-key-provisioner": "valid" },
    });
    expect(stored()).toEqual(tokens);
    expect(await tokensOf("sluice-deploy")).toHaveLength(1);
    expect(await tokensOf("sluice-key-provisioner")).toHaveLength(1);
    const output = [first, second].map(({ stdout, stderr }) => stdout + stderr).join();
    for (const secret of [PASSWORD, ADMIN_TOKEN, ...Object.values(tokens)])
      expect(output).not.toContain(secret);
    for (const file of ["coder.tfvars.json", "coder-key-provisioner.token"])
      expect(statSync(join(home, file)).mode & 0o777).toBe(0o600);
  });

  it("gives the key-provisioner's token no more than it needs", async () => {
    const { keyProvisioner: token } = stored();
    expect((await get("/workspaces", token)).status).toBe(200);
    expect((await get("/templates", token)).status).toBe(200);
    const headers = { "coder-session-token": token };
    const tokens = `${server.url}/api/v2/users/me/keys/tokens`;
    const made = await fetch(tokens, { method: "POST", headers, body: "{}" });
    // What a token may not do, Coder does not know.
    expect(made.status).toBe(404);
  });

  it("makes a token again that is not valid any more, and deletes the former ones", async () => {
    const before = stored();
    writeFileSync(join(home, "coder.tfvars.json"), '{"coder_provider_token": "gone-gone"}', { mode: 0o600 });
    const { stdout } = await sluice("coder", "bootstrap", "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      tokens: { "sluice-deploy": "new", "sluice-key-provisioner": "valid" },
      deleted_tokens: 1,
    });
    expect((await get("/users/me", before.provider)).status).toBe(401);
    expect((await get("/users/me", stored().provider)).status).toBe(200);
    expect(await tokensOf("sluice-deploy")).toHaveLength(1);
  });

  it("says what to do when the owner's password is another one, and changes nothing", async () => {
    const before = stored();
    writeSecrets("another-one");
    writeFileSync(join(home, "coder-key-provisioner.token"), "gone-gone\n", { mode: 0o600 });
    const { status, stderr } = await sluice("coder", "bootstrap");
    expect(status).toBe(1);
    expect(stderr).toContain(
      "does not accept the stored password (coder_first_user_password) for admin@sluice.example",
    );
    expect(stderr).not.toContain("another-one");
    writeSecrets(PASSWORD);
    expect((await sluice("coder", "bootstrap")).status).toBe(0);
    expect(stored().provider).toBe(before.provider);
  });

  it("shows the owner's password only when it is asked for", async () => {
    expect((await sluice("coder", "admin")).stdout).not.toContain(PASSWORD);
    expect((await sluice("coder", "admin")).stdout).toContain("admin@sluice.example");
    expect((await sluice("coder", "admin", "--show-password")).stdout).toContain(PASSWORD);
  });
});

describe("the stack coder", () => {
  let synthesis: Synthesis;

  /** What the deploy of the platform leaves behind for this stack. */
  function synthesizeBoth() {
    synthesis = synthesize();
    const facts = { sluice_folder: PROJECT, ca_certificate: "none" };
    writeFileSync(join(stackFolder(synthesis.outdir), "host.auto.tfvars.json"), JSON.stringify(facts));
  }

  function deploy(): Promise<CoderDeployment> {
    return deployCoder({
      home,
      config: synthesis.config,
      outdir: synthesis.outdir,
      lock: [],
      progress: new Progress({ quiet: true }),
      to: { write: (text) => (shown += text) },
      full: false,
      confirm: undefined,
    });
  }

  async function activeVersion(): Promise<string> {
    const { provider } = stored();
    const [template] = (await (await get("/templates", provider)).json()) as { active_version_id: string }[];
    const version = await get(`/templateversions/${template?.active_version_id}`, provider);
    return ((await version.json()) as { name: string }).name;
  }

  it("makes template and users, and has nothing to do the second time", async () => {
    synthesizeBoth();
    const { result, outputs } = await deploy();
    expect(result).toBe("applied");
    expect(outputs).toEqual({
      coder_users: ["ada"],
      workspace_template: `ai-workspace, version ${await activeVersion()}`,
    });
    const anybody = new ProductClient(server.url);
    const ada = await anybody.as((await anybody.login("ada@example.com", ADA_PASSWORD)) ?? "").me();
    expect(ada?.roles.map(({ name }) => name)).toEqual(["auditor"]);
    synthesizeBoth();
    delete process.env["ADA_PASSWORD"];
    expect((await deploy()).result).toBe("unchanged");
  });

  it("makes a changed template active, and gives roles back that were taken in Coder", async () => {
    const former = await activeVersion();
    await asOwner(async (owner) => {
      const ada = await owner.user("ada");
      if (ada !== undefined) await owner.setRoles(ada, []);
    });
    configure("workspaces: { cpus: { max: 3 } }");
    synthesizeBoth();
    const { result, bootstrap } = await deploy();
    expect([result, bootstrap.changed_roles]).toEqual(["applied", ["ada"]]);
    expect(await activeVersion()).not.toBe(former);
  });

  it("refuses a broken template before anybody gets it", async () => {
    const former = await activeVersion();
    synthesizeBoth();
    const stack = join(stackFolder(synthesis.outdir, "coder"), "cdk.tf.json");
    const json = readFileSync(stack, "utf8");
    writeFileSync(stack, json.replace(/("name": ")[0-9a-f]{12}-/, "$1broken-"));
    appendFileSync(join(synthesis.outdir, "template/parameters.tf"), 'resource "nothing" {\n');
    await expect(deploy()).rejects.toMatchObject({ platform: "ready, coder stack not applied" });
    expect(await activeVersion()).toBe(former);
    synthesizeBoth();
    expect((await deploy()).result).toBe("unchanged");
  });

  it("is never seen with its token or a password", () => {
    const { provider, keyProvisioner: reader } = stored();
    const states = readFileSync(stateFile(home, "coder"), "utf8");
    const log = readFileSync(join(home, "state/coder-apply.log"), "utf8");
    const synthesized = readdirSync(join(synthesis.outdir, "template"))
      .map((name) => readFileSync(join(synthesis.outdir, "template", name), "utf8"))
      .join();
    for (const secret of [provider, reader, PASSWORD]) {
      expect(states + log + shown + synthesized).not.toContain(secret);
    }
    // The state has the first passwords of users, and no other place has.
    expect(log + shown + synthesized).not.toContain(ADA_PASSWORD);
  });

  it("goes only with the workspaces that were agreed to", async () => {
    const anybody = new ProductClient(server.url);
    const session = (await anybody.login("ada@example.com", ADA_PASSWORD)) ?? "";
    const [template] = (await (await get("/templates", session)).json()) as { id: string }[];
    const created = await fetch(`${server.url}/api/v2/users/me/workspaces`, {
      method: "POST",
      headers: { "coder-session-token": session, "content-type": "application/json" },
      body: JSON.stringify({ name: "first", template_id: template?.id }),
    });
    expect([created.status, created.status === 201 ? "" : await created.text()]).toEqual([201, ""]);
    const remove = (deleteWorkspaces: boolean) =>
      betweenSteps((steps) =>
        removeCoder({
          ...{ home, config: synthesis.config, outdir: synthesis.outdir, lock: [], steps, deleteWorkspaces },
          progress: new Progress({ quiet: true }),
          to: { write: () => {} },
          confirm: undefined,
        }),
      );
    await expect(remove(false)).rejects.toThrow("ada/first");
    expect(isCoderDeployed(home)).toBe(true);
    expect(await remove(true)).toBe(true);
    expect(isCoderDeployed(home)).toBe(false);
    expect(await asOwner((owner) => owner.workspaces())).toEqual([]);
    expect(await (await get("/templates", stored().provider)).json()).toEqual([]);
  });
});
