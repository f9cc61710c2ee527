import { resourceAt, synthesizePlatform } from "../support/platform-fixture";

describe("a service", () => {
  const gateway = resourceAt(synthesizePlatform(), "docker_container", "sluice/gateway/server");

  it("has the hardened baseline", () => {
    expect(gateway).toMatchObject({
      capabilities: { drop: ["ALL"] },
      security_opts: ["no-new-privileges"],
      memory: 1024,
      memory_swap: 1024,
      log_driver: "json-file",
      log_opts: { "max-size": "10m", "max-file": "5" },
      destroy_grace_seconds: 50,
      remove_volumes: false,
      restart: "unless-stopped",
      must_run: true,
      wait: true,
    });
  });

  it("is published on loopback only", () => {
    expect(gateway["ports"]).toEqual([{ internal: 4000, external: 4000, ip: "127.0.0.1" }]);
  });

  it("is attached to networks by id", () => {
    const names = (gateway["networks_advanced"] as { name: string }[]).map((network) => network.name);
    for (const name of names) expect(name).toMatch(/^\$\{docker_network\.\w+\.id\}$/);
  });

  it("is replaced when its health check changes, which the provider alone would not do", () => {
    const baseline = (path: string) =>
      (
        resourceAt(synthesizePlatform(), "docker_container", path)["labels"] as {
          label: string;
          value: string;
        }[]
      ).find(({ label }) => label === "sluice.baseline")?.value;
    expect(baseline("sluice/gateway/server")).not.toBe(baseline("sluice/postgres/server"));
    expect(baseline("sluice/gateway/server")).toBe(baseline("sluice/gateway/server"));
  });

  it.each([
    [1, "1.0"],
    [0.5, "0.5"],
    [1.25, "1.25"],
  ])("writes %d cores as %s, as the provider reads them back", (cpus, text) => {
    const stack = synthesizePlatform(`resources: { postgres: { cpus: ${cpus} } }`);
    expect(resourceAt(stack, "docker_container", "sluice/postgres/server")["cpus"]).toBe(text);
  });
});
