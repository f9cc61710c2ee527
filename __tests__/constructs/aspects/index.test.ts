import { Container, type ContainerConfig } from "@cdktf/provider-docker/lib/container";
import { Image } from "@cdktf/provider-docker/lib/image";
import { Network } from "@cdktf/provider-docker/lib/network";
import { DockerProvider } from "@cdktf/provider-docker/lib/provider";
import { Volume } from "@cdktf/provider-docker/lib/volume";
import { TerraformStack, TerraformVariable, Testing } from "cdktf";
import { Construct } from "constructs";
import { applyPlatformRules } from "../../../constructs/aspects";
import { CacheVolume } from "../../../constructs/cache-volume";
import { setContainerDefaults } from "../../../constructs/container-defaults";
import { ContainerImage } from "../../../constructs/container-image";
import { DeliveredFiles } from "../../../constructs/delivered-files";
import { allowHostNetwork, allowHostPaths } from "../../../constructs/host-access";
import { Secret } from "../../../constructs/secret";

/** Follows every rule; each test breaks one. */
const GOOD: ContainerConfig = {
  name: "good",
  image: "postgres:17.7-bookworm",
  mustRun: true,
  wait: true,
  healthcheck: { test: ["CMD", "true"], interval: "5s", timeout: "1m30s", startPeriod: "1s" },
  labels: [{ label: "sluice.baseline", value: "1" }],
  memory: 64,
  memorySwap: 64,
  cpus: "0.5",
  capabilities: { drop: ["ALL"], add: ["CAP_CHOWN"] },
  securityOpts: ["no-new-privileges"],
  logDriver: "json-file",
  logOpts: { "max-size": "1m", "max-file": "1" },
  destroyGraceSeconds: 5,
  removeVolumes: false,
  ports: [{ internal: 1, external: 2, ip: "127.0.0.1" }],
};

function synth(build: (stack: Construct) => void): void {
  const stack = new TerraformStack(Testing.app(), "test");
  new DockerProvider(stack, "docker");
  build(stack);
  applyPlatformRules(stack, { publishAddress: "127.0.0.1" });
  Testing.fullSynth(stack);
}

const container = (change: Partial<ContainerConfig>) => () =>
  synth((stack) => new Container(stack, "box", { ...GOOD, ...change }));

describe("the rules", () => {
  it("let a container pass that follows them all", () => expect(container({})).not.toThrow());

  it.each<[rule: string, change: Partial<ContainerConfig>, text: string]>([
    ["hardened-containers", { securityOpts: [] }, "may gain new privileges"],
    ["hardened-containers", { capabilities: { add: ["CAP_CHOWN"] } }, "keeps default capabilities"],
    ["hardened-containers", { memory: undefined, memorySwap: undefined }, "has no memory limit"],
    ["hardened-containers", { destroyGraceSeconds: undefined }, "is killed at once on stop"],
    ["hardened-containers", { logOpts: { "max-size": "1m" } }, "has unbounded logs"],
    ["hardened-containers", { removeVolumes: undefined }, "loses its anonymous volumes"],
    ["hardened-containers", { privileged: true }, "is privileged"],
    ["hardened-containers", { pidMode: "host" }, "shares a namespace with the host"],
    ["hardened-containers", { networkMode: "host" }, "shares a namespace with the host"],
    [
      "hardened-containers",
      { volumes: [{ hostPath: "/var/run/docker.sock", containerPath: "/s" }] },
      "mounts /var/run/docker.sock of the host",
    ],
    [
      "hardened-containers",
      { mounts: [{ type: "bind", source: "/etc", target: "/e" }] },
      "mounts /etc of the host",
    ],
    ["health-checks", { healthcheck: undefined }, "has no health check"],
    ["health-checks", { wait: false }, "is not waited for"],
    ["health-checks", { mustRun: false }, "is a job whose failure nobody notices"],
    [
      "private-ports",
      { ports: [{ internal: 1, external: 2, ip: "0.0.0.0" }] },
      "publishes port 2 on 0.0.0.0",
    ],
    ["private-ports", { ports: [{ internal: 1, external: 2 }] }, "publishes port 2 on every address"],
    ["stable-plans", { memorySwap: undefined }, "has memory without memory_swap"],
    ["stable-plans", { cpus: "1" }, 'has cpus "1"'],
    ["stable-plans", { cpus: "1.50" }, 'has cpus "1.50"'],
    ["stable-plans", { capabilities: { drop: ["ALL"], add: ["CHOWN"] } }, "names the capability CHOWN"],
    [
      "stable-plans",
      { healthcheck: { test: ["CMD", "true"], interval: "60s" } },
      'has the health check time "60s"',
    ],
    [
      "stable-plans",
      { healthcheck: { test: ["CMD", "true"], interval: "1500ms" } },
      'has the health check time "1500ms"',
    ],
    ["stable-plans", { healthcheck: { test: ["CMD", "true"], interval: "5s" } }, "without a start period"],
    ["stable-plans", { labels: [] }, "without a fingerprint label"],
    [
      "stable-plans",
      { readOnly: true, upload: [{ file: "/a", content: "b" }] },
      "uploads files into a read-only root",
    ],
    ["stable-plans", { rm: true }, "is removed when it ends"],
    [
      "stable-plans",
      { mounts: [{ type: "volume", source: "v", target: "/v", volumeOptions: { noCopy: true } }] },
      "volume_options",
    ],
  ])("%s: a container that breaks it (%o) is named, with the remedy", (rule, change, text) => {
    expect(container(change)).toThrow(
      new RegExp(`\\[${rule}\\] test/box: .*${escapeRegExp(text)}.*Remedy: `, "s"),
    );
  });

  it("hardened-containers: the host's network is for a construct that was allowed it, with a read-only root", () => {
    const build = (change: Partial<ContainerConfig>) => (stack: Construct) => {
      const scope = new Construct(stack, "allowed");
      allowHostNetwork(scope, "a reason");
      new Container(scope, "box", { ...GOOD, networkMode: "host", ports: [], ...change });
    };
    expect(() => synth(build({ readOnly: true }))).not.toThrow();
    expect(() => synth(build({ readOnly: false }))).toThrow(/root file system that can be written/);
    expect(() => synth(build({ readOnly: true, pidMode: "host" }))).toThrow(
      /shares a namespace with the host/,
    );
    expect(() => synth(build({ readOnly: true, capabilities: { add: ["CAP_NET_ADMIN"] } }))).toThrow(
      /keeps default capabilities/,
    );
  });

  it("hardened-containers: a path of the host is for a construct that was allowed that very path", () => {
    const build = (hostPath: string) => (stack: Construct) => {
      const scope = new Construct(stack, "allowed");
      const { stringValue: known } = new TerraformVariable(stack, "socket", { type: "string" });
      allowHostPaths(scope, { "/srv/mirror": "a reason", [known]: "another" });
      const path = hostPath === "KNOWN" ? known : hostPath;
      new Container(scope, "box", { ...GOOD, volumes: [{ hostPath: path, containerPath: "/s" }] });
    };
    expect(() => synth(build("/srv/mirror"))).not.toThrow();
    expect(() => synth(build("KNOWN"))).not.toThrow();
    expect(() => synth(build("/srv"))).toThrow(/mounts \/srv of the host.*host-access\.ts/);
  });

  it("hardened-containers: a path that only the plan knows is one of the host, too", () => {
    const build = (stack: Construct) => {
      const { stringValue } = new TerraformVariable(stack, "path", { type: "string" });
      new Container(stack, "box", { ...GOOD, volumes: [{ hostPath: stringValue, containerPath: "/s" }] });
    };
    expect(() => synth(build)).toThrow(/\[hardened-containers\] test\/box: mounts .* of the host/);
  });

  it("private-ports: internal networks answer nothing", () => {
    const build = (stack: Construct) => {
      const network = new Network(stack, "inner", { name: "inner", internal: true });
      new Container(stack, "box", { ...GOOD, networksAdvanced: [{ name: network.id }] });
    };
    expect(() => synth(build)).toThrow(
      /\[private-ports\] test\/box: publishes ports but is on internal networks only/,
    );
  });

  it("stable-plans: networks are attached by id", () => {
    const build = (stack: Construct) => {
      new Network(stack, "outer", { name: "outer" });
      new Container(stack, "box", { ...GOOD, networksAdvanced: [{ name: "outer" }] });
    };
    expect(() => synth(build)).toThrow(
      /\[stable-plans\] test\/box: is attached to the network outer by name/,
    );
  });

  it.each<[string, (secret: string) => Partial<ContainerConfig>]>([
    ["command", (secret) => ({ command: ["server", `--password=${secret}`] })],
    ["entrypoint", (secret) => ({ entrypoint: [secret] })],
    ["labels", (secret) => ({ labels: [{ label: "sluice.baseline", value: secret }] })],
    [
      "health check",
      (secret) => ({
        healthcheck: { test: ["CMD", "cache-cli", "-a", secret], interval: "5s", startPeriod: "1s" },
      }),
    ],
    ["environment", (secret) => ({ env: [`PASSWORD=${secret}`] })],
    ["uploaded files", (secret) => ({ upload: [{ file: "/run/password", content: secret }] })],
  ])("sealed-secrets: a secret in the %s is found", (place, change) => {
    const build = (stack: Construct) => {
      const secret = new TerraformVariable(stack, "cache_password", { type: "string", sensitive: true });
      new Container(stack, "box", { ...GOOD, ...change(secret.stringValue) });
    };
    expect(() => synth(build)).toThrow(
      new RegExp(`\\[sealed-secrets\\] test/box: shows the secret var.cache_password in its ${place}`),
    );
  });

  it("sealed-secrets, durable-volumes: delivered files are the way, and their volume may go", () => {
    const build = (stack: Construct) => {
      const defaults = { prefix: "test", publishAddress: "127.0.0.1", logMegabytes: 1, logFiles: 1 };
      const platform = new Construct(stack, "platform");
      setContainerDefaults(platform, defaults);
      new DeliveredFiles(platform, "files", {
        service: "cache",
        image: ContainerImage.pulled(platform, "image", "cache:7.4.7"),
        reader: "cache",
        contents: { secrets: { CACHE_PASSWORD: Secret.generated(platform, "cache_password") } },
      });
    };
    expect(() => synth(build)).not.toThrow();
  });

  it.each(["cache", "cache:latest", "registry.example:5000/cache"])("pinned-images: %s moves", (name) => {
    expect(() => synth((stack) => new Image(stack, "image", { name }))).toThrow(
      /\[pinned-images\] test\/image: .*Remedy: /,
    );
  });

  it.each(["cache:7.4.7", `cache@sha256:${"a".repeat(64)}`])("pinned-images: %s stays", (name) => {
    expect(() => synth((stack) => new Image(stack, "image", { name }))).not.toThrow();
  });

  it("durable-volumes: a volume in the plan could be deleted by a plan", () => {
    expect(() => synth((stack) => new Volume(stack, "data", { name: "data" }))).toThrow(
      /\[durable-volumes\] test\/data: .*Remedy: use DataVolume/,
    );
  });

  it("durable-volumes: a cache may go", () => {
    const build = (stack: Construct) => {
      const platform = new Construct(stack, "platform");
      const defaults = { prefix: "test", publishAddress: "127.0.0.1", logMegabytes: 1, logFiles: 1 };
      setContainerDefaults(platform, defaults);
      new CacheVolume(platform, "cache");
    };
    expect(() => synth(build)).not.toThrow();
  });

  it("report every broken rule at once", () => {
    expect(container({ cpus: "1", privileged: true, wait: false })).toThrow(
      /hardened-containers[\s\S]*health-checks[\s\S]*stable-plans/,
    );
  });
});

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
