import { execFileSync } from "node:child_process";
import { createServer } from "node:net";
import { NODE_IMAGE } from "../../constructs/service-catalog";
import { POSTGRES } from "../../constructs/services/postgres";
import { AppliedPlatform } from "../support/applied/applied-platform";
import { containersOf, docker, inspect } from "../support/applied/docker";
import { passesWithin } from "../support/applied/passes-within";

/**
 * What an operator fears: settings that the machine cannot give, a gateway that does not come up, signals and kills in the middle,
 * workspaces on a network that is replaced. One platform; the steps build on each other.
 */
let platform: AppliedPlatform;
const container = (service: string) => `${platform.name}-${service}`;
const deploy = (...args: string[]) => platform.npmRun("deploy", "--", "--yes", ...args);
const gatewayId = () => inspect(container("gateway")).Id;
const networksOf = () =>
  docker("network", "ls", "--format", "{{.Name}}")
    .split("\n")
    .filter((name) => name.startsWith(platform.name));

async function gateway(path: string, body?: unknown): Promise<Response> {
  return fetch(`http://127.0.0.1:${platform.gatewayPort}${path}`, {
    headers: {
      authorization: `Bearer ${platform.secrets()["gateway_master_key"]}`,
      "content-type": "application/json",
    },
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
  });
}

/** Process id of the Terraform that a command runs; also its process group. */
function terraformOf(pid: number): number {
  return Number(
    execFileSync("pgrep", ["--parent", String(pid), "tofu|terraform"], { encoding: "utf8" }).trim(),
  );
}

beforeAll(async () => {
  platform = await AppliedPlatform.create({});
});
afterAll(() => platform.remove());

describe("before the first change", () => {
  it("everything that the machine cannot give is said at once, and nothing is made", async () => {
    platform.configure(
      `resources: { gateway: { cpus: 500 }, postgres: { memoryMegabytes: 1000000 } }
networks: { edge: { subnet: 172.17.0.0/24 } }`,
    );
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(platform.gatewayPort, "127.0.0.1", resolve));
    docker(
      ...["run", "--detach", "--name", container("squatter"), "--publish"],
      `127.0.0.1:${platform.provisionerPort}:80`,
      ...[NODE_IMAGE, "sleep", "600"],
    );
    // Answers of this process's server would wait for `deploy`, which holds the thread; it need only listen.
    const { exitCode, output } = deploy();
    server.close();
    docker("rm", "--force", container("squatter"));
    expect(output).toMatch(
      new RegExp(
        `platform.yaml ports.gateway: port ${platform.gatewayPort} on 127.0.0.1 is taken by .+; allowed: .+; remedy: stop `,
      ),
    );
    expect(output).toMatch(
      `platform.yaml ports.keyProvisioner: port ${platform.provisionerPort} on 127.0.0.1 is taken by the container ${container("squatter")}`,
    );
    expect(output).toMatch(
      /resources\.gateway\.cpus: is 500, and the engine's machine has \d+; allowed: 0\.1 to/,
    );
    expect(output).toMatch(
      /resources\.postgres\.memoryMegabytes: is 1000000, and the engine's machine has \d+ MB/,
    );
    expect(output).toMatch(
      /networks\.edge\.subnet: 172\.17\.0\.0\/24 overlaps with .+ of the network bridge/,
    );
    expect(exitCode).toBe(1);
    expect([containersOf(platform.name), networksOf()]).toEqual([[], []]);
  });

  it("an image that cannot be pulled ends it as well", () => {
    platform.configure("images: { postgres: localhost:9/postgres:17.0 }");
    const { exitCode, output } = deploy();
    expect(output).toMatch(
      /images\.postgres: localhost:9\/postgres:17\.0 is not in the engine's images and cannot be pulled/,
    );
    expect(exitCode).toBe(1);
    expect([containersOf(platform.name), networksOf()]).toEqual([[], []]);
  });
});

describe("a deploy", () => {
  it("ends when the platform is ready, and says which models can be used; as JSON for scripts", async () => {
    platform.configure();
    // As an apply leaves it that was killed while it made its first network.
    docker("network", "create", container("edge"));
    const running = platform.start("deploy", "--yes", "--json");
    let json = "";
    running.child.stdout?.on("data", (text) => {
      json += text;
    });
    const [code] = await running.ended;
    expect(running.output).toContain(`Taking over the network ${container("edge")}`);
    expect(running.output).toMatch(new RegExp(`built ${platform.name}/gateway:[0-9a-f]{12} in `));
    expect(running.output).toContain("no model can be used: ANTHROPIC_API_KEY has no value");
    expect(JSON.parse(json)).toMatchObject({
      result: "applied",
      platform: "ready",
      outputs: { gateway_url: `http://localhost:${platform.gatewayPort}` },
      readiness: { code: 200, status: "connected" },
      models: {
        usable: [],
        unusable: expect.arrayContaining([expect.objectContaining({ missing: ["ANTHROPIC_API_KEY"] })]),
      },
    });
    expect(code).toBe(0);
    expect((await gateway("/health/readiness")).status).toBe(200);
  });

  it("without a model has nothing to verify, and says so once", () => {
    const { exitCode, output } = platform.npmRun("sluice", "--", "verify", "enforcement");
    expect(output).toMatch(/nothing was verified: the gateway cannot use the model .+; it can use none/);
    expect([exitCode, output.includes("FAILED")]).toEqual([1, false]);
  });
});

describe("an image that cannot be built", () => {
  it("ends it before any container is touched", async () => {
    const before = gatewayId();
    platform.configure(`images: { node: "${POSTGRES.image.reference}" }`);
    const { exitCode, output } = deploy();
    expect(output).toMatch(/an image cannot be built, and no container was touched:\nError: [\s\S]*npm/);
    expect(exitCode).toBe(1);
    expect([gatewayId(), (await gateway("/health/readiness")).status]).toEqual([before, 200]);
  });
});

describe("a gateway that does not come up", () => {
  it("is told with its reason, and the former one answers again, with its data", async () => {
    await passesWithin(20, async () =>
      expect((await gateway("/key/generate", { key_alias: "before" })).status).toBe(200),
    );
    platform.configure("retention: { audit: 400d }\nresources: { gateway: { memoryMegabytes: 64 } }");
    const { exitCode, output } = deploy();
    expect(output).toMatch(/-gateway: .*killed for lack of memory/);
    expect(output).toContain("give it more memory: memoryMegabytes under resources");
    expect(output).toContain("The platform is what it was before and ready; data is untouched.");
    expect(exitCode).toBe(1);
    expect(inspect(container("gateway")).HostConfig.Memory).toBe(1024 * 1024 * 1024);
    // A first try may meet a connection that was kept alive to the process that is gone.
    await passesWithin(5, async () => {
      const { aliases } = (await (await gateway("/key/aliases")).json()) as { aliases: string[] };
      expect(aliases).toContain("before");
    });
  });
});

describe("in the middle of an apply", () => {
  const inTheMiddle = async (running: { readonly output: string }) =>
    passesWithin(60, async () => expect(running.output).toMatch(/gateway_server\w*: Creating/));

  it("a signal is passed on, waited for and told", async () => {
    platform.configure("retention: { audit: 401d }");
    const running = platform.start("deploy", "--yes");
    await inTheMiddle(running);
    running.child.kill("SIGTERM");
    expect(await running.ended).toEqual([143, null]);
    expect(running.output).toMatch(
      /SIGTERM: finishing the resource at hand \(docker_container\.sluice_gateway/,
    );
    expect(running.output).toMatch(/interrupted by SIGTERM: apply ended early, its state is saved/);
    expect(running.output).toMatch(/npm run deploy resumes from there/);
  });

  it("a closed output and a SIGKILL of the command do not end Terraform, and who has the state is said", async () => {
    const running = platform.start("deploy", "--yes");
    await inTheMiddle(running);
    running.child.stdout?.destroy();
    running.child.stderr?.destroy();
    running.child.kill("SIGKILL");
    await running.ended;
    const { exitCode, output } = deploy();
    expect(output).toMatch(/the state of this platform is in use: apply of .+, since /);
    expect(exitCode).toBe(1);
    const waited = deploy("--lock-timeout", "60s");
    expect(waited).toMatchObject({ exitCode: 0, output: expect.stringContaining("No changes") });
  });

  it("a SIGKILL of both leaves a container that the next deploy heals", async () => {
    platform.configure("retention: { audit: 402d }");
    const running = platform.start("deploy", "--yes");
    const former = gatewayId();
    await inTheMiddle(running);
    await passesWithin(10, async () => expect(gatewayId()).not.toBe(former));
    const terraform = terraformOf(running.child.pid ?? 0);
    running.child.kill("SIGKILL");
    process.kill(-terraform, "SIGKILL");
    await running.ended;
    const orphan = gatewayId();
    const { exitCode, output } = deploy();
    expect(output).toContain(`container ${container("gateway")} (`);
    expect(exitCode).toBe(0);
    expect(gatewayId()).not.toBe(orphan);
  });
});

describe("a network with a workspace on it", () => {
  const workspace = () => inspect(container("workspace"));

  it("is not replaced under it", () => {
    docker(
      ...["run", "--detach", "--name", container("workspace"), "--network", container("workspaces")],
      ...["--network-alias", "dev", NODE_IMAGE, "sleep", "600"],
    );
    platform.configure("retention: { audit: 402d }\nnetworks: { workspaces: { subnet: 10.213.77.0/24 } }");
    const before = gatewayId();
    const { exitCode, output } = deploy();
    expect(output).toMatch(
      `networks.workspaces: the network ${container("workspaces")} is replaced, and containers that are not the platform's are on it: ${container("workspace")}`,
    );
    expect(exitCode).toBe(1);
    expect(gatewayId()).toBe(before);
  });

  it("is replaced with --detach, and the workspace is on the new one under its names", () => {
    expect(deploy("--detach")).toMatchObject({ exitCode: 0 });
    expect(workspace().NetworkSettings.Networks[container("workspaces")]?.IPAddress).toMatch(
      /^10\.213\.77\./,
    );
    expect(docker("exec", container("workspace"), "getent", "hosts", "litellm", "dev")).toMatch(
      /litellm[\s\S]*dev/,
    );
  });

  it("is not removed under it, and is with --detach", () => {
    const refused = platform.npmRun("destroy", "--", "--yes", "--volumes");
    expect(refused).toMatchObject({ exitCode: 1, output: expect.stringContaining(container("workspace")) });
    expect(containersOf(platform.name).length).toBeGreaterThan(4);
    const { exitCode } = platform.npmRun("destroy", "--", "--yes", "--detach");
    expect(exitCode).toBe(0);
    expect([containersOf(platform.name), networksOf()]).toEqual([[container("workspace")], []]);
  });

  it("is there again after the next deploy, with the workspace on it under its names", () => {
    expect(deploy()).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining(`Connecting ${container("workspace")}`),
    });
    expect(docker("exec", container("workspace"), "getent", "hosts", "litellm", "dev")).toMatch(
      /litellm[\s\S]*dev/,
    );
  });
});

describe("a data volume that somebody removed", () => {
  const lost = () => `volume ${container("postgres-data")} is lost`;
  const volumes = () => docker("volume", "ls", "--format", "{{.Name}}").split("\n");

  it("is told before everything else, and no empty one is made in its place", async () => {
    docker("rm", "--force", container("postgres"), container("gateway"));
    docker("volume", "rm", container("postgres-data"));
    expect(platform.npmRun("diff").output).toMatch(
      new RegExp(`! DATA: postgres: ${lost()}[\\s\\S]*"Restore"[\\s\\S]*DATA AT RISK: 1 reason above`),
    );
    const refused = deploy();
    expect(refused.output).toMatch(
      new RegExp(`would lose data, and nothing was changed: postgres: ${lost()}`),
    );
    expect([refused.exitCode, volumes().includes(container("postgres-data"))]).toEqual([1, false]);
    const { problems } = JSON.parse(platform.npmRun("status", "--", "--json").output) as {
      problems: { what: string; remedy: string }[];
    };
    expect(problems[0]?.what).toBe(`the data ${lost()}`);
    for (const { remedy } of problems.slice(1)) expect(remedy).not.toMatch(/^npm run deploy/);
  });

  it("is made anew where that is accepted", () => {
    expect(deploy("--accept-data-loss")).toMatchObject({ exitCode: 0 });
    expect(platform.npmRun("status")).toMatchObject({
      exitCode: 1,
      output: expect.not.stringContaining("is lost"),
    });
  });
});

describe("destroy", () => {
  it("removes a container with the platform's label that nobody deployed", () => {
    docker("rm", "--force", container("workspace"));
    docker(
      ...["create", "--name", container("stray"), "--label", `sluice.platform=${platform.name}`],
      ...[NODE_IMAGE, "sleep", "600"],
    );
    expect(platform.npmRun("destroy", "--", "--yes", "--volumes")).toMatchObject({ exitCode: 0 });
    expect([containersOf(platform.name), networksOf()]).toEqual([[], []]);
  });
});
