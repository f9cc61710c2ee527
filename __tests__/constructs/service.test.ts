import { DockerNetworks } from "../../constructs/docker-networks";
import { Service, type ServiceParts, type ServiceProps } from "../../constructs/service";
import type { ServiceDefinition } from "../../constructs/service-definition";
import { containerNamed, synthesizeLibrary } from "../support/library-stack";

const CACHE: ServiceDefinition = {
  name: "object-cache",
  title: "object cache",
  summary: "keeps objects",
  image: { base: "node" },
  memoryMegabytes: 64,
  networks: { data: ["object-cache"] },
  health: { test: ["CMD", "true"] },
  port: { container: 7000, host: 17000 },
  secrets: { object_cache_password: { kind: "password", description: "Cache.", variable: "CACHE_PASSWORD" } },
  volumes: { objects: "/objects" },
  files: { reader: "node", onChange: "replace" },
  container: { command: ["node", "cache.js"], env: { MODE: "fast" } },
};

function synthesize(
  definition: ServiceDefinition,
  props: Partial<ServiceProps> = {},
  parts: ServiceParts = {},
) {
  return synthesizeLibrary((stack) => {
    const { edge } = new DockerNetworks(stack, "networks", { prefix: "team" });
    new Service(stack, definition.name, definition, { networks: [{ network: edge }], ...props }, () => parts);
  });
}

describe("a service", () => {
  it("is what its definition says, with the baseline of all containers", () => {
    const stack = synthesize(CACHE, {}, { env: { PEER: "none" } });
    expect(containerNamed(stack, "team-object-cache")).toMatchObject({
      command: ["node", "cache.js"],
      env: ["MODE=fast", "PEER=none"],
      memory: 64,
      ports: [],
      read_only: true,
      image: expect.stringContaining("docker_image.images_node"),
      volumes: [
        { volume_name: "team-object-cache-objects", container_path: "/objects" },
        expect.objectContaining({ container_path: "/etc/sluice", read_only: true }),
      ],
      lifecycle: { replace_triggered_by: [expect.stringContaining("object-cache_files_job")] },
    });
    const [upload] = containerNamed(stack, "team-object-cache-files")["upload"] as { content: string }[];
    expect(upload?.content).toBe("${var.object_cache_password}\n");
  });

  it("has the resources, the port and whatever goes first that its props say", () => {
    const stack = synthesize(CACHE, { hostPort: 18000, resources: { memoryMegabytes: 128, cpus: 2 } });
    expect(containerNamed(stack, "team-object-cache")).toMatchObject({
      memory: 128,
      cpus: "2.0",
      ports: [{ internal: 7000, external: 18000, ip: "127.0.0.1" }],
    });
  });

  it("publishes its port with TLS under the number that it has in the container", () => {
    const definition = { ...CACHE, tlsPort: { host: 17443 }, caches: { scratch: "/scratch" } };
    const stack = synthesize(definition, { hostPort: 18000, tlsHostPort: 18443 });
    expect(containerNamed(stack, "team-object-cache")).toMatchObject({
      ports: [
        { internal: 7000, external: 18000, ip: "127.0.0.1" },
        { internal: 18443, external: 18443, ip: "127.0.0.1" },
      ],
      volumes: expect.arrayContaining([
        {
          volume_name: expect.stringMatching(/^\$\{docker_volume\..*scratch_volume.*\.name\}$/),
          container_path: "/scratch",
        },
      ]),
    });
    const volumes = Object.values(stack.resource["docker_volume"] ?? {}).map(({ name }) => name);
    expect(volumes).toContain("team-object-cache-scratch");
  });

  it("is refused where its definition cannot hold", () => {
    const { files: _files, port: _port, ...bare } = CACHE;
    expect(() => synthesize(bare)).toThrow("object-cache has files or secrets; say in its definition");
    expect(() => synthesize({ ...bare, secrets: undefined }, { hostPort: 18000 })).toThrow(
      "object-cache has no port to publish",
    );
    expect(() => synthesize({ ...bare, secrets: undefined }, { tlsHostPort: 18443 })).toThrow(
      "object-cache has no port with TLS",
    );
  });
});
