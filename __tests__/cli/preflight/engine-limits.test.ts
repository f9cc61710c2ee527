import type { EngineFacts } from "../../../cli/preflight/engine-facts";
import { checkEngine, checkLimits } from "../../../cli/preflight/engine-limits";

const ENGINE: EngineFacts = {
  version: "27.0.0",
  apiVersion: "1.46",
  cpus: 2,
  memoryBytes: 4096 * 1024 * 1024,
  architecture: "amd64",
  mapsUsers: false,
  isLocal: true,
  freeDiskBytes: 50e9,
  dataFolder: "/var/lib/docker",
  runningContainers: [],
  networks: [],
};
const container = (name: string, after: Record<string, unknown>) => ({
  address: `docker_container.${name}`,
  type: "docker_container",
  actions: ["create"],
  before: undefined,
  after: { name: `sluice-${name}`, ...after },
});

describe("limits", () => {
  it("that the machine has are fine, and so are none", () => {
    const changes = [
      container("gateway", { cpus: "2.0", memory: 4096 }),
      container("redis", { memory: 256 }),
    ];
    expect(checkLimits("sluice", changes, ENGINE)).toEqual([]);
  });

  it("beyond the machine are found at their setting, with what is allowed", () => {
    expect(
      checkLimits("sluice", [container("key-provisioner", { cpus: "16.0", memory: 8192 })], ENGINE),
    ).toEqual([
      {
        path: "resources.keyProvisioner.cpus",
        problem: "is 16, and the engine's machine has 2",
        allowed: "0.1 to 2",
        remedy: "lower it, or leave it out for no limit",
      },
      {
        path: "resources.keyProvisioner.memoryMegabytes",
        problem: "is 8192, and the engine's machine has 4096 MB",
        allowed: "64 to 4096",
        remedy: "lower it",
      },
    ]);
  });
});

describe("the engine", () => {
  it("is fine when it is recent and has room, or does not say", () => {
    expect(checkEngine(ENGINE)).toEqual([]);
    expect(checkEngine({ ...ENGINE, apiVersion: "1.41", freeDiskBytes: undefined })).toEqual([]);
  });

  it("is too old, or full", () => {
    const findings = checkEngine({ ...ENGINE, version: "19.03.1", apiVersion: "1.40", freeDiskBytes: 1e9 });
    expect(findings.map(({ problem }) => problem)).toEqual([
      "the Docker engine is version 19.03.1 with API 1.40",
      "the engine has 953 MB of free disk in /var/lib/docker",
    ]);
  });
});
