import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { NETWORKS } from "../../constructs/engine-names";
import { BASE_IMAGES, SERVICES } from "../../constructs/service-catalog";
import { loadConfig } from "../../services/gateway/config";
import { resourceAt, synthesizePlatform } from "../support/platform-fixture";
import { temporaryFolder } from "../support/temporary-folder";

const PROJECT = resolve(__dirname, "../..");

/** Addresses are a contract: another one means destroy and create on every platform that is deployed. None is ever taken from this list while its service lives. */
const DEPLOYED = [
  "docker_container.sluice_coder_files_job_7D8A5D0D",
  "docker_container.sluice_coder_server_3152D758",
  "docker_container.sluice_gateway_files_job_DAB91112",
  "docker_container.sluice_gateway_server_B8548620",
  "docker_container.sluice_key-provisioner_files_job_65B6F23E",
  "docker_container.sluice_key-provisioner_server_04F5ED8B",
  "docker_container.sluice_postgres_files_job_F4D04015",
  "docker_container.sluice_postgres_server_7AF76D24",
  "docker_container.sluice_workspace-firewall_server_B762D55F",
  "docker_image.sluice_images_coder_A2115E81",
  "docker_image.sluice_images_gateway_47718D12",
  "docker_image.sluice_images_key-provisioner_82F9A9D3",
  "docker_image.sluice_images_node_680F1146",
  "docker_image.sluice_images_postgres_C1D4D1DD",
  "docker_image.sluice_images_workspace-firewall_F74DA36C",
  "docker_image.sluice_images_workspace_92E863DF",
  "docker_network.sluice_networks_data_5A8D5AA0",
  "docker_network.sluice_networks_edge_E7272ED5",
  "docker_network.sluice_networks_workspaces_4C4691FD",
  "docker_volume.sluice_coder_files_volume_7FEC20F3",
  "docker_volume.sluice_coder_home_volume_9B2C42DD",
  "docker_volume.sluice_gateway_files_volume_B4C7D652",
  "docker_volume.sluice_key-provisioner_files_volume_57D7CAF9",
  "docker_volume.sluice_postgres_files_volume_4CD1C643",
  "terraform_data.sluice_coder-bootstrap_896D06B6",
];

/** As CDKTF makes it of the path of a construct below the platform. Those of our own have their resource below them. */
function address(type: string, ...path: string[]): string {
  const below = /^(docker_container|docker_image|terraform_data)$/.test(type) ? ["Resource"] : [];
  const digest = createHash("md5")
    .update(["sluice", ...path, ...below].join("/"))
    .digest("hex");
  return `${type}.${["sluice", ...path].join("_")}_${digest.slice(0, 8).toUpperCase()}`;
}

describe("the platform stack", () => {
  it("has the addresses that follow from the services' definitions, those that are deployed among them", () => {
    const { resource } = synthesizePlatform();
    const addresses = Object.entries(resource).flatMap(([type, all]) =>
      Object.keys(all).map((name) => `${type}.${name}`),
    );
    const expected = [
      ...NETWORKS.map((network) => address("docker_network", "networks", network)),
      ...[...Object.keys(BASE_IMAGES), "workspace"].map((image) => address("docker_image", "images", image)),
      address("terraform_data", "coder-bootstrap"),
      ...SERVICES.flatMap(({ name, image, files, caches }) => [
        address("docker_container", name, "server"),
        ...("builtFrom" in image ? [address("docker_image", "images", name)] : []),
        ...(files === undefined
          ? []
          : [
              address("docker_container", name, "files", "job"),
              address("docker_volume", name, "files", "volume"),
            ]),
        ...Object.keys(caches ?? {}).map((cache) => address("docker_volume", name, cache, "volume")),
      ]),
    ];
    expect(addresses.sort()).toEqual(expected.sort());
    expect(addresses).toEqual(expect.arrayContaining(DEPLOYED));
  });

  it("has the outputs that the services define", () => {
    const { output } = synthesizePlatform();
    const defined = SERVICES.flatMap(({ outputs = {} }) => Object.keys(outputs));
    expect(Object.keys(output).sort()).toEqual([...defined, "data_volumes", "secrets"].sort());
    expect(output["gateway_internal_url"]?.value).toBe("http://litellm:4000");
  });

  it("asks for exactly the docker provider that is tested", () => {
    expect(synthesizePlatform().terraform["required_providers"]).toEqual({
      docker: { source: "kreuzwerker/docker", version: "4.6.0" },
    });
  });

  it("gives URLs with the configured host and ports", () => {
    const { output } = synthesizePlatform(
      "access: { host: ai.example }\nports: { gateway: 4400, coder: 8443 }",
    );
    expect(output["coder_url"]?.value).toBe("https://ai.example:8443");
    expect(output["gateway_url"]?.value).toBe("http://ai.example:4400");
    expect(output["data_volumes"]?.value).toEqual(["sluice-gateway-journal", "sluice-postgres-data"]);
  });

  it("puts the database on the internal network alone", () => {
    const stack = synthesizePlatform();
    expect(resourceAtNetwork(stack, "data")["internal"]).toBe(true);
    const container = resourceAt(stack, "docker_container", "sluice/postgres/server");
    expect(container["networks_advanced"]).toEqual([
      expect.objectContaining({ name: "${docker_network.sluice_networks_data_5A8D5AA0.id}" }),
    ]);
    expect(container["ports"]).toEqual([]);
  });

  it("cuts workspaces off the internet on request", () => {
    expect(resourceAtNetwork(synthesizePlatform(), "workspaces")["internal"]).toBe(false);
    expect(
      resourceAtNetwork(synthesizePlatform("networks: { workspaces: { internet: false } }"), "workspaces")[
        "internal"
      ],
    ).toBe(true);
  });

  it("opens its ports to the network only when the configuration says so", () => {
    const stack = synthesizePlatform("exposure: { address: 0.0.0.0 }");
    expect(resourceAt(stack, "docker_container", "sluice/gateway/server")["ports"]).toEqual([
      { internal: 4000, external: 4000, ip: "0.0.0.0" },
    ]);
  });

  it("tells the gateway which proxies and pages it trusts and what it takes on, as the gateway reads it", () => {
    const gateway = gatewayEnvironment(`gateway:
  trustedProxies: [10.0.0.0/8, "::1"]
  corsAllowedOrigins: ["https://chat.example.org"]
  keepAliveSeconds: 90
  maxConnections: 100
  maxAnswersInFlight: 50
  maxBodyMegabytesInFlight: 64`);
    const secrets = {
      LITELLM_MASTER_KEY: "sk-0123456789abcdef",
      LITELLM_MASTER_KEY_PREVIOUS: "",
      LITELLM_MASTER_KEY_PREVIOUS_VALID_UNTIL: "",
      DATABASE_URL: "postgres://",
    };
    expect(loadConfig({ ...gateway, ...secrets })).toEqual(
      expect.objectContaining({
        trustedProxies: ["10.0.0.0/8", "::1"],
        corsOrigins: ["https://chat.example.org"],
        connections: expect.objectContaining({ keepAliveMs: 90_000, maxConnections: 100 }),
        capacity: { maxAnswers: 50, maxBodyBytes: 64 * 1024 * 1024 },
      }),
    );
  });

  it("gives providers that share a variable one secret, whatever its name", () => {
    const stack = synthesizePlatform(`
providers:
  a: { kind: anthropic, apiKeyEnv: SERVER }
  b: { kind: anthropic, apiKeyEnv: SERVER, baseUrl: "https://proxy.example" }
  c: { kind: bedrock }
  d: { kind: bedrock, region: eu-central-1 }
models: [{ name: m, deployments: [{ provider: a, model: x }], prices: { input: 1, output: 1 } }]
`);
    expect(Object.keys(stack.variable)).toEqual(
      expect.arrayContaining(["server", "aws_access_key_id", "aws_secret_access_key"]),
    );
    const job = Object.entries(stack.resource["docker_container"] ?? {}).find(([name]) =>
      name.includes("gateway_files"),
    )?.[1];
    const names = ((job?.["upload"] ?? []) as { file: string }[]).map(
      ({ file }) => file.split("/secrets/")[1],
    );
    expect(names.filter((name) => name === "SERVER" || name === "AWS_ACCESS_KEY_ID")).toHaveLength(2);
  });

  it("leaves the gateway its own defaults when the configuration says nothing", () => {
    expect(Object.keys(gatewayEnvironment()).sort()).toEqual([
      "AUDIT_RETENTION",
      "CONFIG_FILE",
      "DATABASE_URL",
      "JOURNAL_DIRECTORY",
      "PROMPTS_DIRECTORY",
      "SECRETS_DIRECTORY",
    ]);
  });

  it("synthesizes the same bytes in two folders", () => {
    const [one, two] = [synthesizeCopy(), synthesizeCopy()];
    expect(Object.keys(one).sort()).toEqual(Object.keys(two).sort());
    expect(Object.keys(one)).toContain("stacks/platform/cdk.tf.json");
    expect(one).toEqual(two);
  });
});

/** What the gateway's container is told. */
function gatewayEnvironment(yaml?: string): Record<string, string> {
  const env = resourceAt(synthesizePlatform(yaml), "docker_container", "sluice/gateway/server")["env"];
  return Object.fromEntries(
    (env as string[]).map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}

function resourceAtNetwork(stack: ReturnType<typeof synthesizePlatform>, name: string) {
  const found = Object.values(stack.resource["docker_network"] ?? {}).find(
    (network) => network["name"] === `sluice-${name}`,
  );
  if (found === undefined) throw new Error(`no network ${name}`);
  return found;
}

/** Runs `main.ts` in a fresh copy of the sources and returns all files it wrote. */
function synthesizeCopy(): Record<string, string> {
  const copy = temporaryFolder();
  for (const name of [
    "main.ts",
    "constructs",
    "cli",
    "services",
    "bindings",
    "prompts",
    "platform.example.yaml",
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    ".dockerignore",
  ]) {
    cpSync(join(PROJECT, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(PROJECT, "node_modules"), join(copy, "node_modules"));
  execFileSync(process.execPath, ["--import", "tsx", "main.ts"], { cwd: copy, stdio: "pipe" });
  const outdir = join(copy, "cdktf.out");
  return Object.fromEntries(
    readdirSync(outdir, { recursive: true, encoding: "utf8" })
      .filter((name) => statSync(join(outdir, name)).isFile())
      .map((name) => [name, readFileSync(join(outdir, name), "utf8")]),
  );
}
