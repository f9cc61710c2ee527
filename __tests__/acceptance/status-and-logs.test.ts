import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { PlatformStatus } from "../../cli/status/platform-status";
import { NODE_IMAGE, SERVICES } from "../../constructs/service-catalog";
import { AppliedPlatform } from "../support/applied/applied-platform";
import { docker, inspect } from "../support/applied/docker";
import { passesWithin } from "../support/applied/passes-within";

/** What an operator looks with at a platform: before it is there, when it is well, and while it is broken. The steps build on each other. */
let platform: AppliedPlatform;
const container = (service: string) => `${platform.name}-${service}`;
const status = (...args: string[]) => {
  const { exitCode, output } = platform.npmRun("sluice", "--", "status", "--json", ...args);
  return { exitCode, ...(JSON.parse(output) as PlatformStatus) };
};
const problems = () => status().problems.map(({ what }) => what);
const logs = (...args: string[]) => platform.npmRun("sluice", "--", "logs", ...args);

beforeAll(async () => {
  platform = await AppliedPlatform.create({ ANTHROPIC_API_KEY: "planted-provider-key-2c41" });
  platform.configure();
});
afterAll(() => platform.remove());

describe("before the first deploy", () => {
  it("says so, and makes nothing", () => {
    const { exitCode, output } = platform.npmRun("status");
    expect(output).toContain("nothing is deployed");
    expect(exitCode).toBe(1);
    expect(logs().output).toContain(`no container of ${platform.name} is there`);
    expect(platform.npmRun("sluice", "--", "images", "prune", "--yes").output).toContain("Nothing to remove");
    expect(existsSync(join(platform.home, ".sluice"))).toBe(false);
  });
});

describe("a platform that is well", () => {
  it("is said to be", () => {
    expect(platform.npmRun("deploy", "--", "--auto-approve")).toMatchObject({ exitCode: 0 });
    const found = status();
    expect(found).toMatchObject({ exitCode: 0, well: true, problems: [], notices: [] });
    expect(found.gateway).toMatchObject({ status: "connected", ready: true, journal_bytes: 0 });
    expect(found.key_provisioner).toEqual({ ready: true, missing: [] });
    expect(found.models.map(({ usable }) => usable)).toEqual([true, true, true]);
    expect(found.containers.find(({ service }) => service === "gateway")).toMatchObject({
      state: "running",
      health: "healthy",
      image: expect.stringMatching(`^${platform.name}/gateway:[0-9a-f]{12}$`),
    });
    expect(found.disk.free_bytes).toBeGreaterThan(0);
    expect(found.disk.databases?.["gateway"]).toBeGreaterThan(1_000_000);
    expect(Object.keys(found.disk.volumes ?? {})).toHaveLength(2);
    const { output, exitCode } = platform.npmRun("status");
    expect(output).toContain(`${platform.name} is healthy`);
    expect(output).not.toContain("\x1b[");
    expect(exitCode).toBe(0);
    for (const secret of Object.values(platform.secrets()))
      expect(JSON.stringify(found) + output).not.toContain(secret);
  });

  it("is compared with what would be deployed, when asked", () => {
    expect(status("--plan")).toMatchObject({ exitCode: 0, plan: "no changes" });
  });
});

describe("a container that is off its network", () => {
  const networks = (service: string) =>
    (
      inspect(container(service)) as unknown as {
        NetworkSettings: { Networks: Record<string, { Aliases: string[] | null }> };
      }
    ).NetworkSettings.Networks;
  const id = (service: string) => (inspect(container(service)) as unknown as { Id: string }).Id;

  it("is told of by status and diff, and connected again by deploy, which leaves everything else", () => {
    const [edge, workspaces] = [`${platform.name}-edge`, `${platform.name}-workspaces`];
    const before = [id("gateway"), id("key-provisioner")];
    const workspaceAliases = networks("gateway")[workspaces]?.Aliases;
    docker("network", "disconnect", edge, container("gateway"));
    docker("network", "disconnect", workspaces, container("key-provisioner"));
    // Connected by hand, it lacks the name that workspaces use.
    docker("network", "disconnect", workspaces, container("gateway"));
    docker("network", "connect", workspaces, container("gateway"));
    expect(problems()).toEqual(
      expect.arrayContaining([
        `drift: ${container("gateway")} is not on the network ${edge}`,
        `drift: ${container("key-provisioner")} is not on the network ${workspaces}`,
        expect.stringContaining(`${container("gateway")} is on the network ${workspaces} without`),
      ]),
    );
    expect(status("--plan").plan).toBe("changes");
    const diff = platform.npmRun("diff", "--", "--exit-code");
    expect(diff.exitCode).toBe(2);
    expect(diff.output).toMatch(new RegExp(`gateway: networks .+ → .*${edge}.*; in place`));
    expect(diff.output).toMatch(new RegExp(`key-provisioner: networks .+ → .*${workspaces}.*; in place`));
    const full = platform.npmRun("diff", "--", "--full", "--exit-code");
    expect(full.output).toContain(`${container("gateway")} is not on the network ${edge}`);
    expect(full.exitCode).toBe(2);
    const deployed = platform.npmRun("deploy", "--", "--yes");
    expect(deployed.output).toContain(`Connecting ${container("gateway")} to ${edge}`);
    expect(deployed.exitCode).toBe(0);
    expect([id("gateway"), id("key-provisioner")]).toEqual(before);
    expect(networks("gateway")[workspaces]?.Aliases?.sort()).toEqual(workspaceAliases?.sort());
    expect(Object.keys(networks("key-provisioner"))).toContain(workspaces);
    expect(status("--plan")).toMatchObject({ exitCode: 0, problems: [], plan: "no changes" });
  });

  it("answers again on the port that it is published on", async () => {
    await passesWithin(10, async () =>
      expect((await fetch(`http://127.0.0.1:${platform.gatewayPort}/health/readiness`)).status).toBe(200),
    );
  });
});

describe("logs", () => {
  it("are merged by time, with the service in front", () => {
    const lines = logs().output.trim().split("\n");
    expect(new Set(lines.map((line) => line.split("|")[0]?.trim()))).toEqual(
      new Set(
        SERVICES.filter(({ name }) => name !== "coder").flatMap(({ name, files }) =>
          files ? [name, `${name}-files`] : [name],
        ),
      ),
    );
    const names = lines.map((line) => line.split(" ")[0]);
    expect(names.indexOf("postgres")).toBeLessThan(names.indexOf("gateway"));
  });

  it("of one service are as it wrote them, and JSON throughout when asked for", () => {
    const { output } = logs(container("key-provisioner"), "--tail", "1");
    expect(output.trim().split("\n")).toHaveLength(1);
    expect(JSON.parse(output)).toMatchObject({ name: "key-provisioner", level: 30 });
    const all = logs("--json").output.trim().split("\n");
    const names = all.map((line) => JSON.parse(line).name);
    expect(names).toEqual(expect.arrayContaining(["gateway", "postgres"]));
  });

  it("suggest the service that was meant", () => {
    const { exitCode, output } = logs("gatway");
    expect(output).toContain("there is no service gatway; did you mean gateway?");
    expect(exitCode).toBe(1);
  });

  it("end when nobody reads any more", async () => {
    const { child, ended } = platform.start("logs", "--follow");
    child.stdout?.once("data", () => child.stdout?.destroy());
    // The next line meets a closed pipe.
    child.stdout?.once("close", () => docker("restart", "--time", "1", container("key-provisioner")));
    expect(await ended).toEqual([0, null]);
  });

  it("are followed on through a restart and a new container, until Ctrl-C", async () => {
    const following = platform.start("logs", "key-provisioner", "-f", "--tail", "1");
    const starts = () => following.output.split("Server listening at http://127.0.0.1").length - 1;
    await passesWithin(10, () => expect(following.output).not.toBe(""));
    const before = starts();
    docker("restart", "--time", "1", container("key-provisioner"));
    await passesWithin(15, () => expect(starts()).toBe(before + 1));
    const { Image: image } = inspect(container("key-provisioner")) as unknown as { Image: string };
    docker("rm", "--force", container("key-provisioner"));
    const label = `sluice.platform=${platform.name}`;
    docker(
      "run",
      "--detach",
      "--name",
      container("key-provisioner"),
      "--label",
      label,
      image,
      "sh",
      "-c",
      "echo another; sleep 60",
    );
    await passesWithin(15, () => expect(following.output).toContain("another"));
    const lines = following.output.trim().split("\n");
    expect(new Set(lines).size).toBe(lines.length);
    following.child.kill("SIGINT");
    expect(await following.ended).toEqual([0, null]);
  });
});

describe("a platform that is not well", () => {
  it("says which container is not what was deployed", () => {
    expect(problems()).toContain(
      `drift: ${container("key-provisioner")} has another label sluice.baseline than was deployed`,
    );
  });

  it("says what is missing, stopped and paused, and what that means", async () => {
    docker("rm", "--force", container("key-provisioner"));
    docker("pause", container("postgres"));
    await passesWithin(20, () =>
      expect(problems()).toEqual(
        expect.arrayContaining([
          "key-provisioner is missing",
          "postgres is paused",
          expect.stringContaining("the gateway is degraded: Postgres is unavailable"),
        ]),
      ),
    );
    docker("unpause", container("postgres"));
    docker("stop", "--time", "1", container("gateway"));
    // Postgres is healthy again with its next check.
    await passesWithin(20, () => {
      const found = problems();
      expect(found).toContainEqual(expect.stringMatching(/^gateway is exited, with exit code \d+$/));
      expect(found).not.toContainEqual(expect.stringContaining("postgres"));
    });
  });
});

describe("images prune", () => {
  const prune = (...args: string[]) => platform.npmRun("sluice", "--", "images", "prune", ...args);
  const make = (name: string) => {
    const file = `FROM ${NODE_IMAGE}\nLABEL made=${name.replaceAll(/[^a-z0-9]/g, "")}\n`;
    spawnSync("docker", ["build", "--quiet", "--tag", name, "-"], { input: file });
  };
  const exists = (name: string) => docker("image", "ls", "--quiet", name).trim() !== "";

  it("removes what this platform built and nothing needs, and nothing else", () => {
    const old = `${platform.name}/gateway:0123456789ab`;
    const others = [`${platform.name}/gateway:latest`, `${platform.name}x/gateway:0123456789ab`];
    for (const name of [old, ...others]) make(name);
    expect(prune("--dry-run")).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining("1 image would be removed"),
    });
    expect(prune()).toMatchObject({ exitCode: 1 });
    expect(exists(old)).toBe(true);
    const { output, exitCode } = prune("--yes");
    expect(output).toContain(old);
    expect(output).toMatch(/1 image removed, (?:about [\d.]+ k?M?B|nothing) freed/);
    expect(exitCode).toBe(0);
    expect(exists(old)).toBe(false);
    for (const name of others) expect(exists(name)).toBe(true);
    // Of a gateway that is stopped.
    expect(docker("image", "ls", "--quiet", `${platform.name}/key-provisioner`).trim()).not.toBe("");
    expect(prune("--yes").output).toContain("Nothing to remove");
    docker("image", "rm", ...others);
  });
});
