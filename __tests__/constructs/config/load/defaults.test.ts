import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { defaultPlatform, loadPlatform, parsePlatform } from "../../../../constructs/config/load";
import { temporaryFolder } from "../../../support/temporary-folder";

const VERSION = "apiVersion: sluice/v1\n";

describe("a platform file", () => {
  it("needs nothing but its version", () => {
    const config = parsePlatform(VERSION);
    expect(config.name).toBe("sluice");
    expect(config.ports).toMatchObject({ gateway: 4000, keyProvisioner: 8100 });
    expect(config.exposure.address).toBe("127.0.0.1");
    expect(config.models.map((model) => model.name)).toEqual([
      "claude-sonnet-4-5",
      "claude-haiku-4-5",
      "claude-opus-4-5",
    ]);
  });

  it("keeps the other defaults of a section when one key is given", () => {
    const { ports, resources } = parsePlatform(
      `${VERSION}ports: { gateway: 4001 }\nresources: { postgres: { cpus: 0.5 } }`,
    );
    expect(ports).toMatchObject({ gateway: 4001, keyProvisioner: 8100 });
    expect(resources["postgres"]).toEqual({ memoryMegabytes: 1024, cpus: 0.5 });
  });

  it("does not share default objects between two files", () => {
    const first = parsePlatform(VERSION).models[0];
    if (first) first.name = "changed";
    expect(defaultPlatform().models[0]?.name).toBe("claude-sonnet-4-5");
  });

  it("is read from disk, and a missing file says what to do", () => {
    const file = join(temporaryFolder(), "platform.yaml");
    expect(() => loadPlatform(file)).toThrow(/cannot be read .*ENOENT.*remedy: copy platform\.example\.yaml/);
    writeFileSync(file, `${VERSION}name: team`);
    expect(loadPlatform(file).name).toBe("team");
    writeFileSync(file, "apiVersion: sluice/v1\nports: {gateway: 80}\n");
    expect(() => loadPlatform(file)).toThrow(`${file}:2:18 ports.gateway: is too small`);
  });
});
