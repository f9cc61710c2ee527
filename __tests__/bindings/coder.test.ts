import fs from "node:fs";
import path from "node:path";
import { Agent } from "@cdktf/provider-coder/lib/agent";
import { App } from "@cdktf/provider-coder/lib/app";
import { DataCoderParameter } from "@cdktf/provider-coder/lib/data-coder-parameter";
import { DataCoderProvisioner } from "@cdktf/provider-coder/lib/data-coder-provisioner";
import { DataCoderWorkspace } from "@cdktf/provider-coder/lib/data-coder-workspace";
import { Env } from "@cdktf/provider-coder/lib/env";
import { CoderProvider } from "@cdktf/provider-coder/lib/provider";
import { TerraformStack, Testing } from "cdktf";

const PACKAGE_DIR = path.resolve(__dirname, "../../bindings/coder");
const FULL_NAME = "registry.terraform.io/coder/coder";

interface SchemaFile {
  provider_versions: Record<string, string>;
  provider_schemas: Record<
    string,
    { resource_schemas: Record<string, unknown>; data_source_schemas: Record<string, unknown> }
  >;
}

function readJson<T>(file: string): T {
  return JSON.parse(fs.readFileSync(file, "utf8")) as T;
}

function template(): TerraformStack {
  const stack = new TerraformStack(Testing.app({ stackTraces: false }), "template");
  new CoderProvider(stack, "coder");
  const workspace = new DataCoderWorkspace(stack, "me");
  const provisioner = new DataCoderProvisioner(stack, "provisioner");
  new DataCoderParameter(stack, "model", {
    name: "model",
    option: [{ name: "Sonnet", value: "sonnet" }],
    validation: { min: 1, max: 2 },
  });
  const agent = new Agent(stack, "main", {
    arch: provisioner.arch,
    os: "linux",
    metadata: [{ key: "load", script: "uptime", interval: 10, timeout: 1 }],
    displayApps: { vscode: false },
    resourcesMonitoring: {
      memory: { enabled: true, threshold: 80 },
      volume: [{ path: "/home/coder", enabled: true, threshold: 90 }],
    },
  });
  new Env(stack, "name", { agentId: agent.id, name: "WORKSPACE", value: workspace.name });
  new App(stack, "ide", {
    agentId: agent.id,
    slug: "ide",
    url: "http://localhost:13337",
    healthcheck: { url: "http://localhost:13337/healthz", interval: 5, threshold: 6 },
  });
  return stack;
}

describe("bindings of coder/coder", () => {
  test("a template becomes exactly this Terraform JSON", () => {
    expect(JSON.parse(Testing.synth(template(), true))).toEqual({
      terraform: { required_providers: { coder: { source: "coder/coder", version: "~> 2.17" } } },
      provider: { coder: [{}] },
      data: {
        coder_workspace: { me: {} },
        coder_provisioner: { provisioner: {} },
        coder_parameter: {
          model: {
            name: "model",
            option: [{ name: "Sonnet", value: "sonnet" }],
            validation: { min: 1, max: 2 },
          },
        },
      },
      resource: {
        coder_agent: {
          main: {
            arch: "${data.coder_provisioner.provisioner.arch}",
            os: "linux",
            metadata: [{ key: "load", script: "uptime", interval: 10, timeout: 1 }],
            display_apps: { vscode: false },
            resources_monitoring: {
              memory: { enabled: true, threshold: 80 },
              volume: [{ path: "/home/coder", enabled: true, threshold: 90 }],
            },
          },
        },
        coder_env: {
          name: {
            agent_id: "${coder_agent.main.id}",
            name: "WORKSPACE",
            value: "${data.coder_workspace.me.name}",
          },
        },
        coder_app: {
          ide: {
            agent_id: "${coder_agent.main.id}",
            slug: "ide",
            url: "http://localhost:13337",
            healthcheck: { url: "http://localhost:13337/healthz", interval: 5, threshold: 6 },
          },
        },
      },
    });
  });
});

describe("schema.json", () => {
  const schema = readJson<SchemaFile>(path.join(PACKAGE_DIR, "schema.json"));
  const provider = schema.provider_schemas[FULL_NAME];
  const types = [
    ...Object.keys(provider?.resource_schemas ?? {}).map((type) => ["resource", type] as const),
    ...Object.keys(provider?.data_source_schemas ?? {}).map((type) => ["data", type] as const),
  ];
  const folders = fs.readdirSync(path.join(PACKAGE_DIR, "lib"));

  test("has the version of the package", () => {
    const { version } = readJson<{ version: string }>(path.join(PACKAGE_DIR, "package.json"));
    expect(schema.provider_versions).toEqual({ [FULL_NAME]: version });
  });

  test.each(types)("%s %s has a class", (kind, type) => {
    const classes = folders
      .filter((folder) => folder.startsWith("data-coder-") === (kind === "data"))
      .flatMap((folder) => Object.values(jest.requireActual<object>(`@cdktf/provider-coder/lib/${folder}`)))
      .filter(
        (value: unknown) =>
          typeof value === "function" && "tfResourceType" in value && value.tfResourceType === type,
      );
    expect(classes).toHaveLength(1);
  });

  test("has no generated folder without an entry", () => expect(folders).toHaveLength(types.length + 1));
});
