import fs from "node:fs";
import path from "node:path";
import { AiProvider } from "@cdktf/provider-coderd/lib/ai-provider";
import { DataCoderdOrganization } from "@cdktf/provider-coderd/lib/data-coderd-organization";
import { CoderdProvider } from "@cdktf/provider-coderd/lib/provider";
import { ProvisionerKey } from "@cdktf/provider-coderd/lib/provisioner-key";
import { Template } from "@cdktf/provider-coderd/lib/template";
import { User } from "@cdktf/provider-coderd/lib/user";
import { TerraformOutput, TerraformStack, TerraformVariable, Testing } from "cdktf";

const PACKAGE_DIR = path.resolve(__dirname, "../../bindings/coderd");
const FULL_NAME = "registry.terraform.io/coder/coderd";

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

/** A stack with the provider configured from two variables. */
function stackWithProvider(): TerraformStack {
  const stack = new TerraformStack(Testing.app({ stackTraces: false }), "coder");
  const token = secret(stack, "coder_token");
  new CoderdProvider(stack, "coderd", {
    url: "http://127.0.0.1:7080",
    token: token.stringValue,
  });
  return stack;
}

function secret(stack: TerraformStack, name: string): TerraformVariable {
  return new TerraformVariable(stack, name, { type: "string", sensitive: true, nullable: false });
}

function userAndTemplate(): TerraformStack {
  const stack = stackWithProvider();
  const organization = new DataCoderdOrganization(stack, "organization", { isDefault: true });
  const user = new User(stack, "developer", {
    username: "developer",
    email: "developer@example.com",
    loginType: "password",
    password: secret(stack, "developer_password").stringValue,
    roles: ["template-admin"],
  });
  new Template(stack, "workspace", {
    name: "workspace",
    displayName: "Workspace",
    organizationId: organization.id,
    defaultTtlMs: 28_800_000,
    allowUserCancelWorkspaceJobs: false,
    useClassicParameterFlow: false,
    autoStopRequirement: { daysOfWeek: ["sunday"], weeks: 1 },
    acl: { users: [{ id: user.id, role: "admin" }], groups: [] },
    versions: [
      {
        directory: "./templates/workspace",
        active: true,
        tfVars: [{ name: "image", value: "workspace:1" }],
      },
    ],
  });
  return stack;
}

const secretVariable = { nullable: false, sensitive: true, type: "string" };

const expected = {
  terraform: {
    required_providers: { coderd: { source: "coder/coderd", version: "~> 0.0.23" } },
  },
  provider: {
    coderd: [
      {
        url: "http://127.0.0.1:7080",
        token: "${var.coder_token}",
      },
    ],
  },
  variable: { coder_token: secretVariable, developer_password: secretVariable },
  data: { coderd_organization: { organization: { is_default: true } } },
  resource: {
    coderd_user: {
      developer: {
        username: "developer",
        email: "developer@example.com",
        login_type: "password",
        password: "${var.developer_password}",
        roles: ["template-admin"],
      },
    },
    coderd_template: {
      workspace: {
        name: "workspace",
        display_name: "Workspace",
        organization_id: "${data.coderd_organization.organization.id}",
        default_ttl_ms: 28_800_000,
        allow_user_cancel_workspace_jobs: false,
        use_classic_parameter_flow: false,
        auto_stop_requirement: { days_of_week: ["sunday"], weeks: 1 },
        acl: { users: [{ id: "${coderd_user.developer.id}", role: "admin" }], groups: [] },
        versions: [
          {
            directory: "./templates/workspace",
            active: true,
            tf_vars: [{ name: "image", value: "workspace:1" }],
          },
        ],
      },
    },
  },
};

describe("bindings of coder/coderd", () => {
  test("a user and a template become exactly this Terraform JSON", () => {
    expect(JSON.parse(Testing.synth(userAndTemplate(), true))).toEqual(expected);
  });

  test("a full synth writes the same and pins the provider by its constraint", () => {
    const folder = Testing.fullSynth(userAndTemplate());
    const written = readJson<typeof expected>(path.join(folder, "stacks/coder/cdk.tf.json"));
    expect(written.terraform.required_providers).toEqual(expected.terraform.required_providers);
    expect(written.resource.coderd_user.developer).toMatchObject(expected.resource.coderd_user.developer);
    expect(written.resource.coderd_template.workspace).toMatchObject(
      expected.resource.coderd_template.workspace,
    );
  });

  test("secrets are references in the JSON, write-only arguments included", () => {
    const stack = stackWithProvider();
    new AiProvider(stack, "gateway", {
      type: "anthropic",
      name: "gateway",
      baseUrl: "https://gateway.example.com",
      apiKeyWo: secret(stack, "gateway_key").stringValue,
      apiKeyWoVersion: 1,
    });
    const key = new ProvisionerKey(stack, "key", { organizationId: "o", name: "build" });
    new TerraformOutput(stack, "provisioner_key", { value: key.key, sensitive: true });
    expect(JSON.parse(Testing.synth(stack, true))).toMatchObject({
      variable: { gateway_key: secretVariable },
      resource: {
        coderd_ai_provider: {
          gateway: { api_key_wo: "${var.gateway_key}", api_key_wo_version: 1 },
        },
      },
      output: {
        provisioner_key: { sensitive: true, value: "${coderd_provisioner_key.key.key}" },
      },
    });
  });

  test("names of request headers survive when they are given as an override", () => {
    const stack = new TerraformStack(Testing.app({ stackTraces: false }), "coder");
    const provider = new CoderdProvider(stack, "coderd", { url: "http://127.0.0.1:7080" });
    provider.addOverride("headers", { "X-Coder-Bypass-Ratelimit": "true" });
    expect(JSON.parse(Testing.synth(stack)).provider.coderd).toEqual([
      { url: "http://127.0.0.1:7080", headers: { "X-Coder-Bypass-Ratelimit": "true" } },
    ]);
  });

  test("attributes of a template's versions can be referred to", () => {
    const stack = stackWithProvider();
    const template = new Template(stack, "t", { name: "t", versions: [{ directory: "./t" }] });
    new TerraformOutput(stack, "hash", {
      value: template.versions.get(0).directoryHash,
      staticId: true,
    });
    expect(JSON.parse(Testing.synth(stack)).output.hash.value).toBe(
      "${coderd_template.t.versions[0].directory_hash}",
    );
  });
});

describe("schema.json", () => {
  const schema = readJson<SchemaFile>(path.join(PACKAGE_DIR, "schema.json"));
  const provider = schema.provider_schemas[FULL_NAME];

  test("has the version of the package", () => {
    const { version } = readJson<{ version: string }>(path.join(PACKAGE_DIR, "package.json"));
    expect(schema.provider_versions).toEqual({ [FULL_NAME]: version });
  });

  test.each([
    ...Object.keys(provider?.resource_schemas ?? {}).map((type) => ["resource", type] as const),
    ...Object.keys(provider?.data_source_schemas ?? {}).map((type) => ["data", type] as const),
  ])("%s %s has a class", (kind, type) => {
    expect(classesOf(kind, type)).toHaveLength(1);
  });

  test("has no generated folder without an entry", () => {
    const count =
      Object.keys(provider?.resource_schemas ?? {}).length +
      Object.keys(provider?.data_source_schemas ?? {}).length;
    expect(generatedFolders()).toHaveLength(count + 1); // and the provider
  });
});

function generatedFolders(): string[] {
  return fs.readdirSync(path.join(PACKAGE_DIR, "lib"));
}

/** The generated classes which stand for a resource or data source type. */
function classesOf(kind: "resource" | "data", type: string): unknown[] {
  return generatedFolders()
    .filter((folder) => folder.startsWith("data-coderd-") === (kind === "data"))
    .flatMap((folder) => Object.values(jest.requireActual<object>(`@cdktf/provider-coderd/lib/${folder}`)))
    .filter(
      (value: unknown) =>
        typeof value === "function" && "tfResourceType" in value && value.tfResourceType === type,
    );
}
