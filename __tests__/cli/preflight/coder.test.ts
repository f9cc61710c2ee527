import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkCoder } from "../../../cli/preflight/coder";
import type { EngineFacts } from "../../../cli/preflight/engine-facts";
import { platformConfig } from "../../support/platform-fixture";
import { temporaryFolder } from "../../support/temporary-folder";

const ENGINE: EngineFacts = {
  version: "26.1.5",
  apiVersion: "1.45",
  cpus: 2,
  memoryBytes: 8e9,
  architecture: "arm64",
  mapsUsers: false,
  isLocal: true,
  freeDiskBytes: undefined,
  dataFolder: "/var/lib/docker",
  runningContainers: [],
  networks: [],
};

describe("what Coder needs", () => {
  it("is there on an engine as it comes, and nothing where there is no Coder", () => {
    expect(checkCoder(platformConfig(), ENGINE)).toEqual([]);
    const without = platformConfig("coder: { enabled: false, providerMirror: /none }");
    expect(checkCoder(without, { ...ENGINE, mapsUsers: true })).toEqual([]);
  });

  it("is no engine that maps users", () => {
    const [finding] = checkCoder(platformConfig(), { ...ENGINE, mapsUsers: true });
    expect(finding).toMatchObject({
      path: "coder.enabled",
      problem: expect.stringContaining("userns-remap"),
    });
  });

  it("is a mirror with both providers, packed or not, for the engine's platform", () => {
    const mirror = temporaryFolder();
    const folder = (provider: string) => join(mirror, "registry.terraform.io", provider);
    const config = platformConfig(`coder: { providerMirror: ${mirror} }`);
    const findings = () => checkCoder(config, ENGINE).map(({ path, problem }) => `${path}: ${problem}`);
    expect(findings()).toEqual([
      `coder.providerMirror: ${folder("coder/coder")} has no release for linux_arm64`,
      `coder.providerMirror: ${folder("kreuzwerker/docker")} has no release for linux_arm64`,
    ]);
    mkdirSync(folder("coder/coder"), { recursive: true });
    writeFileSync(join(folder("coder/coder"), "terraform-provider-coder_2.17.0_linux_amd64.zip"), "");
    mkdirSync(join(folder("kreuzwerker/docker"), "4.6.0/linux_arm64"), { recursive: true });
    writeFileSync(join(folder("kreuzwerker/docker"), "4.6.0/linux_arm64/terraform-provider-docker"), "");
    expect(findings()).toHaveLength(1);
    writeFileSync(join(folder("coder/coder"), "terraform-provider-coder_2.17.0_linux_arm64.zip"), "");
    expect(findings()).toEqual([]);
    // The folders of another machine cannot be looked at.
    const elsewhere = platformConfig("coder: { providerMirror: /none }");
    expect(checkCoder(elsewhere, { ...ENGINE, isLocal: false })).toEqual([]);
  });
});
