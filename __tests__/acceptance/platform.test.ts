import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import OpenAI from "openai";
import { SERVICES as DEFINITIONS, NODE_IMAGE } from "../../constructs/service-catalog";
import { AppliedGateway } from "../clients/applied-gateway";
import { describeClients } from "../clients/describe/clients";
import { describeGuideCommands } from "../guide/describe";
import { AppliedPlatform } from "../support/applied/applied-platform";
import { containersOf, docker, inspect, logsOf } from "../support/applied/docker";
import { passesWithin } from "../support/applied/passes-within";
import { reach } from "../support/applied/probe";
import { startUpstream } from "../support/applied/upstream";
import { readmeBlocks } from "../support/readme";
import { PROJECT } from "../support/source-files";

/**
 * One platform, applied for real and lived with: a real Terraform core, the real docker provider, a real
 * engine, our real images. Not real: the provider's API (support/applied/fake-anthropic.cjs) and, where
 * nothing can be pulled, the base images (support/stand-in-images). The steps build on each other.
 */
const PROVIDER_KEY = "planted-provider-key-7b1f3c";
/** All but Coder, which `coder-server.test.ts` is about. */
const SERVICES = DEFINITIONS.map(({ name }) => name).filter((name) => name !== "coder");

let platform: AppliedPlatform;
let virtualKey: string;
let firstOutput: string;

const container = (service: string) => `${platform.name}-${service}`;
const gateway = (path: string, init?: RequestInit) =>
  fetch(`http://127.0.0.1:${platform.gatewayPort}${path}`, init);
const ids = () => Object.fromEntries(SERVICES.map((service) => [service, inspect(container(service)).Id]));
const readiness = async () => (await gateway("/health/readiness")).status;

async function ask(apiKey = virtualKey): Promise<string> {
  const client = new OpenAI({
    apiKey,
    baseURL: `http://127.0.0.1:${platform.gatewayPort}/v1`,
    maxRetries: 0,
  });
  const stream = await client.chat.completions.create({
    model: "claude-sonnet-4-5",
    max_tokens: 64,
    messages: [{ role: "user", content: "Say hello" }],
    stream: true,
  });
  let answer = "";
  for await (const chunk of stream) answer += chunk.choices[0]?.delta?.content ?? "";
  return answer;
}

/** `ask` after the gateway was away: a first try may still meet a kept-alive connection to the process that is gone. */
const askAnew = () => passesWithin(15, () => ask());

beforeAll(async () => {
  platform = await AppliedPlatform.create({ ANTHROPIC_API_KEY: PROVIDER_KEY });
  platform.configure();
});

afterAll(() => platform.remove());

describe("the first deploy", () => {
  it("goes from a platform file to URLs", () => {
    const { exitCode, output } = platform.npmRun("deploy", "--", "--auto-approve");
    firstOutput = output;
    startUpstream(platform.name);
    expect(output).toMatch(/^\d+ containers new, .*; no data is lost\.$/m);
    expect(output).toMatch(new RegExp(`gateway_url +http://localhost:${platform.gatewayPort}`));
    expect(exitCode).toBe(0);
  });

  it("leaves every service healthy and the job done", () => {
    for (const service of SERVICES)
      expect([service, inspect(container(service)).State.Health?.Status]).toEqual([service, "healthy"]);
    expect(logsOf(container("postgres"))).toContain("roles and databases are in place");
  });

  it("has nothing left to do, in our words and in CDKTF's", () => {
    const before = ids();
    expect(platform.npmRun("diff", "--", "--exit-code")).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining("No changes"),
    });
    expect(platform.cdktf("diff", "platform")).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining("No changes"),
    });
    expect(platform.cdktf("deploy", "platform", "--auto-approve")).toMatchObject({ exitCode: 0 });
    expect(platform.npmRun("deploy", "--", "--auto-approve")).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining("No changes"),
    });
    expect(ids()).toEqual(before);
  });
});

describe("the hardened baseline", () => {
  it("is what the engine sees", () => {
    for (const service of SERVICES) {
      const { HostConfig: host, Config: config } = inspect(container(service));
      expect(host.SecurityOpt).toContain("no-new-privileges");
      expect(host.CapDrop).toEqual(["ALL"]);
      expect(host.Memory).toBeGreaterThan(0);
      expect(host.MemorySwap).toBe(host.Memory);
      expect(host.LogConfig.Config).toEqual({ "max-size": "10m", "max-file": "5" });
      expect(config.Labels["sluice.platform"]).toBe(platform.name);
    }
    expect(inspect(container("gateway")).HostConfig.CapAdd ?? []).toEqual([]);
  });

  it("runs our services without root, also where a shell would look", () => {
    for (const service of ["gateway", "key-provisioner"]) {
      expect(docker("exec", container(service), "id", "-u").trim()).not.toBe("0");
    }
    // `runc init` is the engine's own, entering the container for a health check, before it takes on the user.
    const processes = docker("top", container("postgres"), "-eo", "pid,user,args")
      .split("\n")
      .filter((line) => !line.includes("runc init"));
    expect(processes.join("\n")).toContain("postgres:");
    expect(processes.join("\n")).not.toMatch(/^\d+ +root /m);
    for (const service of SERVICES) expect(inspect(container(service)).HostConfig.ReadonlyRootfs).toBe(true);
  });
});

describe("networks", () => {
  const ip = (service: string, network: string) =>
    inspect(container(service)).NetworkSettings.Networks[container(network)]?.IPAddress ?? "";
  const fromWorkspace = (host: string, port: number) =>
    reach(NODE_IMAGE, container("workspaces"), host, port);

  it("let a workspace reach the gateway and the key-provisioner", () => {
    expect(fromWorkspace("litellm", 4000)).toBe("open");
    expect(fromWorkspace("gateway", 4000)).toBe("open");
    expect(fromWorkspace("key-provisioner", 8100)).toBe("open");
  });

  it("keep a workspace away from the database, by name and by address", () => {
    expect(fromWorkspace("postgres", 5432)).toBe("closed");
    expect(fromWorkspace(ip("postgres", "data"), 5432)).toBe("closed");
    // The same probe from the inside: it can tell open from closed.
    expect(reach(NODE_IMAGE, container("data"), ip("postgres", "data"), 5432)).toBe("open");
  });

  it("publish on loopback alone", () => {
    const published = SERVICES.flatMap((service) =>
      Object.values(inspect(container(service)).HostConfig.PortBindings ?? {}).flat(),
    );
    expect(published.map(({ HostIp, HostPort }) => `${HostIp}:${HostPort}`).sort()).toEqual(
      [`127.0.0.1:${platform.gatewayPort}`, `127.0.0.1:${platform.provisionerPort}`].sort(),
    );
    const hostAddress =
      inspect(container("gateway")).NetworkSettings.Networks[container("workspaces")]?.Gateway ?? "";
    expect(fromWorkspace(hostAddress, platform.gatewayPort)).toBe("closed");
  });
});

describe("database roles", () => {
  const connect = (role: string, database: string) => {
    const password = platform.secrets()[`${role}_database_password`] ?? "";
    try {
      return docker(
        "exec",
        "--env",
        `PGPASSWORD=${password}`,
        container("postgres"),
        "psql",
        "-h",
        "127.0.0.1",
        "-U",
        role,
        "-d",
        database,
        "-Atc",
        "SELECT current_user",
      ).trim();
    } catch (error) {
      return (error as Error).message;
    }
  };

  it("open their own database and no other", () => {
    expect(connect("gateway", "gateway")).toBe("gateway");
    for (const database of ["postgres", "template1"]) {
      expect(connect("gateway", database)).toMatch(/permission denied for database/);
    }
  });

  it("have no rights over the server", () => {
    expect(
      platform.sql(
        "postgres",
        "SELECT rolname FROM pg_roles WHERE rolcanlogin AND (rolsuper OR rolcreaterole OR rolcreatedb)",
      ),
    ).toEqual(["postgres"]);
  });

  it("stay as they are when their files are delivered again", () => {
    const before = ids();
    const { exitCode, output } = platform.npmRun("deploy", "--", "--yes", "--retry", "postgres-files");
    expect(output).toMatch(/1 added, 0 changed, 1 destroyed/);
    expect(exitCode).toBe(0);
    expect(ids()).toEqual(before);
    expect(connect("gateway", "gateway")).toBe("gateway");
  });
});

describe("a governed prompt", () => {
  it("is answered to a virtual key, streamed, by the openai client", async () => {
    const response = await gateway("/key/generate", {
      method: "POST",
      headers: {
        authorization: `Bearer ${platform.secrets()["gateway_master_key"]}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({ key_alias: "acceptance", user_id: "alice" }),
    });
    expect(response.status).toBe(200);
    virtualKey = ((await response.json()) as { key: string }).key;
    expect(await ask()).toBe("Hello from the fake upstream");
  });

  it("leaves its audit row, with the exact cost, and no content", async () => {
    const rows = platform
      .sql("gateway", "SELECT row_to_json(a) FROM audit_log a WHERE key_alias = 'acceptance'")
      .map((row) => JSON.parse(row));
    expect(rows).toHaveLength(1);
    // 11 input tokens at 3,000 and 5 output tokens at 15,000 nano-USD.
    expect(rows[0]).toMatchObject({
      user_id: "alice",
      status: 200,
      input_tokens: 11,
      output_tokens: 5,
      cost_nano_usd: 108_000,
    });
    expect(JSON.stringify(rows)).not.toMatch(/Say hello|fake upstream/);
  });

  it("follows from the commands of README.md", () => {
    const block = readmeBlocks("bash").find((text) => text.includes("MASTER_KEY=")) ?? "";
    const script = block
      .replaceAll("localhost:4000", `127.0.0.1:${platform.gatewayPort}`)
      .replace("./.sluice/", `${platform.home}/.sluice/`);
    const output = execFileSync("bash", ["-euo", "pipefail", "-c", script], { encoding: "utf8" });
    expect(output).toContain('"status":"connected"');
    expect(output).toMatch(/"key":"sk-[^"]+"/);
    expect(output).toContain('"key_alias":"alice"');
  });

  it("is refused to a key that does not exist", async () => {
    await expect(ask("sk-nobody")).rejects.toMatchObject({ status: 401 });
  });
});

describe("secrets", () => {
  it("are nowhere but in files of their containers and in .sluice", () => {
    const values = [...Object.values(platform.secrets()), PROVIDER_KEY, virtualKey];
    const containers = containersOf(platform.name);
    const places: Record<string, string> = {
      "synthesized JSON": readFileSync(join(platform.outdir, "stacks/platform/cdk.tf.json"), "utf8"),
      "process list": execFileSync("ps", ["-eo", "args"], { encoding: "utf8" }),
      "first deploy": firstOutput,
      "plan and outputs": platform.npmRun("diff").output + platform.npmRun("outputs").output,
    };
    for (const name of containers) {
      places[`log of ${name}`] = logsOf(name);
      places[`docker inspect ${name}`] = docker("inspect", name);
    }
    for (const image of ["gateway", "key-provisioner"]) {
      const id = docker("inspect", "--format", "{{.Image}}", container(image)).trim();
      places[`history of the image ${image}`] =
        docker("history", "--no-trunc", id) + docker("image", "inspect", id);
    }
    for (const [place, text] of Object.entries(places)) {
      for (const value of values) expect([place, text.includes(value)]).toEqual([place, false]);
    }
    const delivered = docker(
      "exec",
      container("gateway"),
      "cat",
      "/etc/sluice/current/secrets/ANTHROPIC_API_KEY",
    );
    expect(delivered.trim()).toBe(PROVIDER_KEY);
  });
});

/** Those of a platform file that names none. */
const MODELS = ["claude-sonnet-4-5", "claude-haiku-4-5", "claude-opus-4-5"];

describe("the commands that guides tell their readers to type", () =>
  describeGuideCommands({ models: MODELS, has: [] }, () => {
    const applied = new AppliedGateway(platform);
    return {
      url: applied.url,
      masterKey: platform.secrets()["gateway_master_key"] ?? "",
      models: MODELS,
      has: [],
      lastRules: async () => (await applied.upstreamRequests()).at(-1)?.body.system?.[0]?.text,
    };
  }));

describe("the commands of docs/runbooks.md", () => {
  const commands = [
    ...readFileSync(join(PROJECT, "docs/runbooks.md"), "utf8").matchAll(/^```bash\n(.*?)^```$/gms),
  ].flatMap(([, block = ""]) => block.trim().split("\n"));
  // There is no Prometheus.
  const typed = [...new Set(commands)].filter((command) => !command.includes("localhost:9090"));

  it("are read", () => expect(typed.length).toBeGreaterThan(50));

  it.each(typed)("%s", (command) => {
    const here = command
      .replaceAll(/\bsluice-(?=gateway|postgres|\s)/g, `${platform.name}-`)
      .replaceAll("localhost:4000", `127.0.0.1:${platform.gatewayPort}`);
    const statuses = execFileSync("bash", ["-c", `exec 3>&1 >&2\n${here}\necho "\${PIPESTATUS[@]}" >&3`], {
      encoding: "utf8",
      env: {
        PATH: process.env["PATH"] ?? "",
        LITELLM_MASTER_KEY: platform.secrets()["gateway_master_key"] ?? "",
      },
      stdio: ["ignore", "pipe", "ignore"],
    });
    // Nothing may have been found, but all that was asked must have answered.
    expect(statuses).toMatch(/^0(?: [01])*\n$/);
  });
});

describe("working rules", () => {
  it("hold on every route, as the command line shows", () => {
    const { output, exitCode } = platform.npmRun("sluice", "--", "verify", "enforcement");
    expect(output).toContain("design-first");
    expect(exitCode).toBe(0);
  });
});

describe("unmodified clients", () => describeClients(() => new AppliedGateway(platform)));

const IN_PLACE = `resources:
  keyProvisioner: { cpus: 0.5, memoryMegabytes: 320 }
  postgres: { memoryMegabytes: 1100 }
`;

describe("a change of one setting", () => {
  it("replaces the one container that it concerns", () => {
    const before = ids();
    platform.configure("resources: { keyProvisioner: { cpus: 0.5 } }");
    const { output } = platform.npmRun("deploy", "--", "--auto-approve");
    expect(output).toMatch(/1 added, 0 changed, 1 destroyed/);
    const after = ids();
    expect(after["key-provisioner"]).not.toBe(before["key-provisioner"]);
    expect({ ...after, "key-provisioner": before["key-provisioner"] }).toEqual(before);
  });

  it("changes memory limits in place", () => {
    const before = ids();
    platform.configure(IN_PLACE);
    expect(platform.npmRun("deploy", "--", "--yes")).toMatchObject({ exitCode: 0 });
    expect(inspect(container("key-provisioner")).HostConfig.Memory).toBe(320 * 1024 * 1024);
    expect(inspect(container("postgres")).HostConfig.Memory).toBe(1100 * 1024 * 1024);
    expect(ids()).toEqual(before);
  });

  it("of price, provider or provider's key is taken over while requests run: none is refused, nothing is replaced", async () => {
    const before = ids();
    let isOver = false;
    const failures: unknown[] = [];
    let answered = 0;
    const clients = Array.from({ length: 4 }, async () => {
      while (!isOver) {
        await ask().then(
          () => (answered += 1),
          (error) => failures.push(error),
        );
      }
    });
    const deploy = async (environment: Record<string, string> = {}) => {
      const running = platform.startWith(environment, "deploy", "--yes");
      const [exitCode] = await running.ended;
      expect([exitCode, running.output]).toEqual([0, expect.stringContaining("up and ready")]);
    };
    const price = `models:
  - name: claude-sonnet-4-5
    deployments: [{ provider: anthropic, model: claude-sonnet-4-5-20250929 }]
    prices: { input: 4, output: 15 }
`;
    platform.configure(IN_PLACE + price);
    await deploy();
    const costs = () =>
      platform.sql("gateway", "SELECT cost_nano_usd FROM audit_log ORDER BY started_at DESC LIMIT 1");
    // 11 input tokens at 4,000 and 5 output tokens at 15,000 nano-USD.
    await passesWithin(10, () => expect(costs()).toEqual(["119000"]));
    platform.configure(IN_PLACE + price, `http://${container("upstream")}:8080`);
    await deploy({ ANTHROPIC_API_KEY: "another-planted-key" });
    const delivered = docker(
      "exec",
      container("gateway"),
      "cat",
      "/etc/sluice/current/config.yaml",
      "/etc/sluice/current/secrets/ANTHROPIC_API_KEY",
    );
    expect(delivered).toContain(`${container("upstream")}:8080`);
    expect(delivered).toContain("another-planted-key");
    isOver = true;
    await Promise.all(clients);
    expect(failures).toEqual([]);
    expect(answered).toBeGreaterThan(20);
    expect(ids()).toEqual(before);
  });

  it("keeps the data when every container is replaced", async () => {
    const before = ids();
    platform.configure("retention: { logFiles: 4 }");
    expect(platform.npmRun("deploy", "--", "--auto-approve")).toMatchObject({ exitCode: 0 });
    for (const service of SERVICES) expect(ids()[service]).not.toBe(before[service]);
    expect(await askAnew()).toBe("Hello from the fake upstream");
    expect(
      platform.sql("gateway", "SELECT count(*) > 20 FROM audit_log WHERE key_alias = 'acceptance'"),
    ).toEqual(["t"]);
  });
});

describe("recovery without a hand", () => {
  it("follows when the gateway is killed", async () => {
    // The process, not `docker kill`: the engine takes that for a wish and does not restart it.
    const pid = inspect(container("gateway")).State.Pid;
    process.kill(pid, "SIGKILL");
    await passesWithin(30, async () => expect(inspect(container("gateway")).State.Pid).not.toBe(pid));
    await passesWithin(30, async () => expect(await readiness()).toBe(200));
    expect(await askAnew()).toBe("Hello from the fake upstream");
  });

  it("follows when Postgres goes and comes back, and readiness says so meanwhile", async () => {
    const state = async () => {
      const response = await gateway("/health/readiness");
      return { code: response.status, ...((await response.json()) as object) };
    };
    docker("stop", container("postgres"));
    await passesWithin(15, async () =>
      expect(await state()).toMatchObject({ code: 200, status: "degraded", budgets: "unavailable" }),
    );
    // The key has no budget: its rows wait in the journal.
    expect(await ask()).toBe("Hello from the fake upstream");
    expect((await gateway("/health/liveliness")).status).toBe(200);
    docker("start", container("postgres"));
    await passesWithin(30, async () =>
      expect(await state()).toMatchObject({ code: 200, status: "connected" }),
    );
    expect(await askAnew()).toBe("Hello from the fake upstream");
    expect(platform.npmRun("diff", "--", "--exit-code")).toMatchObject({ exitCode: 0 });
  });
});

describe("destroy", () => {
  const left = (what: "volume" | "network") =>
    docker(what, "ls", "--format", "{{.Name}}")
      .split("\n")
      .filter((name) => name.startsWith(platform.name))
      .sort();

  it("keeps the data, in CDKTF's words, and the next deploy finds it", async () => {
    docker("rm", "--force", container("upstream"));
    expect(platform.cdktf("destroy", "platform", "--auto-approve")).toMatchObject({ exitCode: 0 });
    expect([containersOf(platform.name), left("network")]).toEqual([[], []]);
    expect(left("volume")).toEqual([container("gateway-journal"), container("postgres-data")]);

    expect(platform.cdktf("deploy", "platform", "--auto-approve")).toMatchObject({ exitCode: 0 });
    startUpstream(platform.name);
    expect(await askAnew()).toBe("Hello from the fake upstream");
    docker("rm", "--force", container("upstream"));
  });

  it("asks first where nobody can answer", () => {
    const { exitCode, output } = platform.npmRun("destroy");
    expect([exitCode, output]).toEqual([1, expect.stringContaining("give --yes to go ahead")]);
    const jobs = DEFINITIONS.filter(({ name, files }) => SERVICES.includes(name) && files !== undefined);
    expect(containersOf(platform.name)).toHaveLength(SERVICES.length + jobs.length);
  });

  it("takes the data as well when told to, and leaves nothing", () => {
    expect(platform.npmRun("destroy", "--", "--auto-approve", "--volumes")).toMatchObject({ exitCode: 0 });
    expect([containersOf(platform.name), left("network"), left("volume")]).toEqual([[], [], []]);
  });
});
