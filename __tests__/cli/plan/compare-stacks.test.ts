import { compareStacks } from "../../../cli/plan/compare-stacks";
import { formatChanges } from "../../../cli/plan/format-changes";
import { summarizePlan } from "../../../cli/plan/summarize-plan";
import { synthesizePlatform } from "../../support/platform-fixture";

const stack = (yaml = "") => JSON.parse(JSON.stringify(synthesizePlatform(yaml)));
const compared = (base: string, head: string) => compareStacks(stack(base), stack(head));
const summary = (base: string, head: string) => summarizePlan(compared(base, head));
const lines = (base: string, head: string) => formatChanges(summary(base, head)).split("\n");
const risks = (base: string, head: string) => summary(base, head).risks.map(({ text }) => text);

describe("two synthesized stacks", () => {
  it("of the same platform differ in nothing", () => {
    const { changes, risks } = summary("", "");
    expect([changes, risks]).toEqual([[], []]);
  });

  it("tell a memory limit as a change in place", () =>
    expect(lines("", "resources: { gateway: { memoryMegabytes: 2048 } }")[0]).toBe(
      "~ gateway: memory 1024 → 2048 MB; in place, the container stays; data untouched (volume sluice-gateway-journal)",
    ));

  it("tell a CPU limit as a replacement, and that data stays", () =>
    expect(lines("", "resources: { postgres: { cpus: 2 } }")[0]).toBe(
      "± postgres: CPU limit none → 2.0; container replaced: unavailable while it restarts; data untouched (volume sluice-postgres-data)",
    ));

  it("say who can reach what", () => {
    const isolation = lines("", "networks: { workspaces: { isolation: none } }").join("\n");
    expect(isolation).toContain("workspaces are no longer isolated from each other, the host");
    const exposure = lines("", "exposure: { address: 0.0.0.0 }").join("\n");
    expect(exposure).toContain("port 4000: 127.0.0.1:4000 → 0.0.0.0:4000: other machines can reach it");
  });

  it("say of another credential of a provider nothing but that", () => {
    const told = lines("", "providers: { anthropic: { kind: anthropic, apiKeyEnv: OTHER_KEY } }");
    expect(told).toContain("    model claude-sonnet-4-5: credential ANTHROPIC_API_KEY → OTHER_KEY");
    expect(told.join("\n")).not.toMatch(/\.incoming-|os\.environ/);
    expect(told.at(-1)).toBe("files delivered to 1 service, no service restarts; no data is lost.");
  });

  it("count another image of Postgres as one container", () =>
    expect(lines("", "images: { postgres: 'postgres:17.8-bookworm' }").at(-1)).toBe(
      "1 container replaced, files delivered to 1 service, 1 image pulled or built; no data is lost.",
    ));

  it("show of a health check and of a build what differs", () => {
    const [base, head] = [stack(), stack()];
    const one = (side: typeof head, type: string, name: RegExp) =>
      Object.values(side.resource[type]).find((values) =>
        name.test((values as { name: string }).name),
      ) as Record<string, { [member: string]: unknown }>;
    (one(head, "docker_container", /-gateway$/)["healthcheck"] as { interval: string }).interval = "9s";
    const build = one(head, "docker_image", /\/gateway:/)["build"] as Record<string, unknown>;
    build["build_args"] = { ...(build["build_args"] as object), NODE_IMAGE: "node:99" };
    const text = formatChanges(summarizePlan(compareStacks(base, head)));
    expect(text).toMatch(/health check: interval \d+s → 9s/);
    expect(text).toMatch(/build: build_args\.NODE_IMAGE .*node:99/);
    // No two sides of a change read the same.
    expect(text).not.toMatch(/: ([^:;]+) → \1(?:$|;)/m);
  });

  it("follow references: who uses a new image or network is rebuilt", () => {
    const changes = summary(
      "",
      "images: { postgres: 'postgres:17.8-bookworm' }\nnetworks: { workspaces: { internet: false } }",
    ).changes;
    const replaced = changes.filter(({ action }) => action === "replace").map(({ service }) => service);
    expect([...new Set(replaced)]).toEqual([
      "coder",
      "coder bootstrap",
      "gateway",
      "image postgres:17.8-bookworm",
      "key-provisioner",
      "network sluice-workspaces",
      "postgres",
      "workspace-firewall",
    ]);
    expect(changes.find(({ service }) => service === "postgres")?.details).toEqual([
      { attributes: ["image"], text: "image postgres:17.7-bookworm → postgres:17.8-bookworm" },
    ]);
  });

  it("name a new secret without a value", () => {
    const text = lines("", "providers: { anthropic: { kind: anthropic }, aws: { kind: bedrock } }").join(
      "\n",
    );
    expect(text).toContain("+ secret aws_access_key_id: new: the next deploy needs its value");
    expect(text).not.toContain("${");
  });

  it("follow triggers, and references to names: files that are delivered to a service", () => {
    const delivery = (content: string, volume = "sluice-cache-files") => ({
      resource: {
        docker_volume: { files: { name: volume } },
        docker_container: {
          files: {
            name: "sluice-cache-files",
            labels: [{ label: "sluice.platform", value: "sluice" }],
            upload: [{ file: "/etc/sluice/.incoming-1/a", content }],
            volumes: [{ volume_name: "${docker_volume.files.name}", container_path: "/etc/sluice" }],
            lifecycle: { replace_triggered_by: ["docker_volume.files"] },
          },
          cache: {
            name: "sluice-cache",
            labels: [{ label: "sluice.platform", value: "sluice" }],
            volumes: [
              { volume_name: "${docker_volume.files.name}", container_path: "/etc/sluice", read_only: true },
            ],
            lifecycle: { replace_triggered_by: ["docker_container.files"] },
          },
        },
      },
    });
    const told = formatChanges(summarizePlan(compareStacks(delivery("a"), delivery("b"))));
    expect(told.split("\n").slice(0, 3)).toEqual([
      "± cache: takes over what is delivered to it; container replaced: unavailable while it restarts",
      "± cache: file /etc/sluice/.incoming-1/a: 1 line changes; files delivered to the new container",
      "",
    ]);
    const gone = { resource: {} };
    expect(summarizePlan(compareStacks(delivery("a"), gone)).risks).toEqual([]);
    expect(summarizePlan(compareStacks(delivery("a"), delivery("a"))).changes).toEqual([]);
  });

  it("take settings beside the resources in, too", () => {
    const [base, head] = [stack(), stack()];
    head.terraform.required_providers.docker.version = "4.99.0";
    head.terraform.backend = { s3: { bucket: "b" } };
    const result = summarizePlan(compareStacks(base, head));
    expect(result.changes.map(({ service }) => service)).toEqual([
      "terraform.backend",
      "terraform.required_providers",
    ]);
    expect(result.risks.map(({ service }) => service)).toEqual(["state"]);
  });
});

describe("data at risk", () => {
  it.each([
    [
      "another memory limit, price, port or network",
      "ports: { gateway: 4001 }\nnetworks: { edge: { subnet: 10.1.2.0/24 } }",
    ],
    ["a new minor version of Postgres", "images: { postgres: 'postgres:17.8-bookworm' }"],
    ["a mirror of the same version", "images: { postgres: 'mirror.example.org:5000/library/postgres:17.7' }"],
    ["audit rows that are kept longer", "retention: { audit: 400d }"],
  ])("is none with %s", (_what, yaml) => expect(risks("", yaml)).toEqual([]));

  it("is a renamed platform, told once with all its volumes", () =>
    expect(risks("", "name: team")).toEqual([
      "name sluice → team: the platform starts with empty volumes; its data stays in sluice-gateway-journal, sluice-postgres-data",
    ]));

  it.each([
    [
      "another major version of Postgres",
      "",
      "images: { postgres: 'postgres:18.1-bookworm' }",
      "postgres 17 → 18",
    ],
    ["an older one", "", "images: { postgres: 'postgres:16.9' }", "postgres 17 → 16"],
    [
      "one that a tag does not tell",
      "",
      `images: { postgres: 'postgres@sha256:${"a".repeat(64)}' }`,
      "nobody can tell whether it can read the data",
    ],
  ])("is %s", (_what, base, head, text) =>
    expect(risks(base, head)).toEqual([expect.stringContaining(text)]),
  );

  it.each([
    [
      "audit rows that are dropped earlier",
      "",
      "retention: { audit: 90d }",
      "audit rows are kept for 90d instead of 365d",
    ],
    [
      "the same in other units",
      "retention: { audit: 1mo }",
      "retention: { audit: 4w }",
      "kept for 4w instead of 1mo",
    ],
  ])("is %s, at each service that keeps them", (_what, base, head, text) =>
    expect(risks(base, head)).toEqual([expect.stringContaining(text), expect.stringContaining(text)]),
  );

  const changed = (edit: (container: Record<string, unknown>) => void) => {
    const head = stack();
    const postgres = Object.values(head.resource.docker_container).find(
      (container) => (container as { name: string }).name === "sluice-postgres",
    );
    edit(postgres as Record<string, unknown>);
    return summarizePlan(compareStacks(stack(), head)).risks.map(({ text }) => text);
  };

  it("is a data volume that is no longer mounted", () =>
    expect(
      changed((container) => {
        container["volumes"] = [];
      }),
    ).toEqual([
      "volume sluice-postgres-data is no longer used; what is in it stays in the engine, and nothing reads it",
    ]));

  it("is a data volume at another place", () =>
    expect(
      changed((container) => {
        container["volumes"] = [{ volume_name: "sluice-postgres-data", container_path: "/data" }];
      }),
    ).toEqual([expect.stringContaining("is mounted at /data instead of /var/lib/postgresql/data")]));

  it("is a volume that Terraform would delete, unless it only holds delivered files", () => {
    const base = stack();
    base.resource.docker_volume = {
      ...base.resource.docker_volume,
      a: { name: "sluice-gateway-files" },
      b: { name: "sluice-uploads" },
    };
    expect(summarizePlan(compareStacks(base, stack())).risks.map(({ text }) => text)).toEqual([
      "volume sluice-uploads is deleted with all that is in it",
    ]);
  });
});
