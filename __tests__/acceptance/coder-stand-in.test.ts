import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { docker } from "../support/applied/docker";
import { CoderClient, CoderError } from "../support/coder/coder-client";
import { CODER_IMAGE, CoderServer } from "../support/coder/coder-server";
import { PROJECT } from "../support/source-files";
import { temporaryFolder } from "../support/temporary-folder";

/**
 * The stand-ins for Coder's image and for the provider `coder/coderd`, with a small template of their own: what the suite's other
 * files rely on.
 */
const NAME = `sluice-test-coder-${process.pid}`;
const PASSWORD = "correct-horse-9-battery";

const folder = temporaryFolder();
const template = join(folder, "template");
const stack = join(folder, "stack");

let server: CoderServer;
let admin: CoderClient;
let developer: CoderClient;

/** The core, as the suite's set-up has chosen it. */
function core(...args: string[]): string {
  return execFileSync(process.env["TERRAFORM_BINARY_NAME"] ?? "tofu", args, {
    cwd: stack,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, CODER_URL: server.url, CODER_SESSION_TOKEN: admin.token },
  });
}

const apply = () => core("apply", "-auto-approve", "-no-color");

interface Declared {
  readonly version: string;
  readonly description?: string;
  readonly requireActive?: boolean;
}

function declare({ version, description = "", requireActive = false }: Declared): void {
  writeFileSync(
    join(stack, "main.tf.json"),
    JSON.stringify({
      terraform: { required_providers: { coderd: { source: "coder/coderd", version: "0.0.23" } } },
      provider: { coderd: {} },
      resource: {
        coderd_template: {
          small: {
            name: "small",
            description,
            require_active_version: requireActive,
            versions: [
              {
                name: version,
                directory: template,
                active: true,
                tf_vars: [
                  { name: "network", value: NAME },
                  { name: "image", value: CODER_IMAGE },
                ],
              },
            ],
          },
        },
        coderd_user: {
          developer: {
            username: "developer",
            email: "developer@example.test",
            login_type: "password",
            password: PASSWORD,
          },
        },
      },
    }),
  );
}

beforeAll(async () => {
  mkdirSync(template);
  mkdirSync(stack);
  server = await CoderServer.start(NAME);
  const nobody = new CoderClient(server.url);
  await nobody.createFirstUser("admin@example.test", PASSWORD);
  admin = await CoderClient.signIn(server.url, "admin@example.test", PASSWORD);
});

afterAll(() => server?.remove());

describe("the server", () => {
  it("is Coder, and has no licence", async () => {
    expect(await admin.call("GET", "/buildinfo")).toMatchObject({ version: expect.stringMatching(/^v2\./) });
    expect(await admin.call("GET", "/entitlements")).toMatchObject({
      has_license: false,
      features: { template_rbac: { entitlement: "not_entitled", enabled: false } },
    });
  });

  it("tells that only to those who have signed in", async () => {
    const asked = new CoderClient(server.url).call("GET", "/entitlements");
    await expect(asked).rejects.toMatchObject({ status: 401 });
    await expect(asked).rejects.toThrow(CoderError);
  });

  it("is set up once", async () => {
    const again = new CoderClient(server.url).createFirstUser("other@example.test", PASSWORD);
    await expect(again).rejects.toMatchObject({ status: 409 });
  });
});

describe("the provider coder/coderd", () => {
  const active = async () => {
    const { id, active_version_id } = await admin.template("small");
    return (await admin.templateVersions(id)).find((version) => version.id === active_version_id)?.name;
  };

  beforeAll(() => {
    writeFileSync(join(template, "main.tf"), SMALL_TEMPLATE);
    declare({ version: "one" });
    core("init", "-no-color");
  });

  it("has the attributes that the bindings are made of", () => {
    const own = JSON.parse(core("providers", "schema", "-json"));
    const [schema] = Object.values<ProviderSchema>(own.provider_schemas);
    const file = JSON.parse(readFileSync(join(PROJECT, "bindings/coderd/schema.json"), "utf8"));
    const [declared] = Object.values<ProviderSchema>(file.provider_schemas);
    expect(Object.keys(schema?.resource_schemas ?? {})).toEqual(["coderd_template", "coderd_user"]);
    for (const resource of ["coderd_template", "coderd_user"])
      expect(shape(schema?.resource_schemas[resource])).toEqual(shape(declared?.resource_schemas[resource]));
    expect(shape(schema?.provider)).toEqual(shape(declared?.provider));
  });

  it("makes the template and the user, and then has nothing left to do", async () => {
    expect(apply()).toContain("2 added");
    expect(await active()).toBe("one");
    // Exit code 2, which throws, would mean changes.
    core("plan", "-detailed-exitcode");
    developer = await CoderClient.signIn(server.url, "developer@example.test", PASSWORD);
    expect((await developer.user()).roles).toEqual([]);
  });

  it("changes a description without a new version", async () => {
    declare({ version: "one", description: "A small one" });
    expect(apply()).toContain("1 changed");
    const { id, description } = await admin.template("small");
    expect(description).toBe("A small one");
    expect(await admin.templateVersions(id)).toHaveLength(1);
  });

  it("makes changed content the active version", async () => {
    appendFileSync(join(template, "main.tf"), "# changed\n");
    declare({ version: "two", description: "A small one" });
    expect(apply()).toContain("1 changed");
    expect(await active()).toBe("two");
    core("plan", "-detailed-exitcode");
  });

  it("fails with what Terraform says of a broken template, and leaves the active version", async () => {
    appendFileSync(join(template, "main.tf"), 'output "broken" { value = var.missing }\n');
    declare({ version: "three", description: "A small one" });
    expect(apply).toThrow(/undeclared input variable/);
    expect(await active()).toBe("two");
    writeFileSync(join(template, "main.tf"), `${SMALL_TEMPLATE}# changed\n`);
    declare({ version: "two", description: "A small one" });
    core("plan", "-detailed-exitcode");
  });

  it("refuses what needs a licence", () => {
    declare({ version: "two", description: "A small one", requireActive: true });
    expect(() => core("plan")).toThrow(/Feature not enabled/);
    declare({ version: "two", description: "A small one" });
  });
});

describe("a workspace", () => {
  let id = "";
  const container = `${NAME}-workspace`;
  const isRunning = () => docker("ps", "--quiet", "--filter", `name=${container}`).trim() !== "";

  it("is offered in a form with options", async () => {
    const { active_version_id } = await developer.template("small");
    const { diagnostics, parameters } = await developer.form(active_version_id, { level: "strict" });
    expect(diagnostics).toEqual([]);
    expect(parameters).toEqual([
      expect.objectContaining({ name: "level", form_type: "radio", value: { value: "strict", valid: true } }),
    ]);
    expect(parameters[0]?.options.map(({ value }) => value.value)).toEqual(["standard", "strict"]);
  });

  it("is built for an ordinary user, and its agent connects", async () => {
    const small = await developer.template("small");
    ({ id } = await developer.createWorkspace("mine", small.id, { level: "strict" }));
    const agent = await developer.ready(id);
    expect(agent.status).toBe("connected");
    expect(await developer.agentLog(agent.id)).toContain("level strict");
    await developer.healthy(id, "page");
    const { latest_build } = await developer.workspace(id);
    expect(await developer.buildParameters(latest_build.id)).toEqual({ level: "strict" });
    expect(isRunning()).toBe(true);
  });

  it("is stopped, started and deleted", async () => {
    await developer.build(id, "stop");
    await developer.built(id);
    expect(isRunning()).toBe(false);
    await developer.build(id, "start", { level: "standard" });
    const agent = await developer.ready(id);
    expect(await developer.agentLog(agent.id)).toContain("level standard");
    await developer.remove(id);
    expect(isRunning()).toBe(false);
    await expect(developer.workspace(id)).rejects.toMatchObject({ status: 410 });
  });

  it("can be read with a token that cannot even read its own user", async () => {
    const token = await admin.createToken("admin", "reader", 1, ["workspace:read", "template:read"]);
    const reader = new CoderClient(server.url, token);
    expect(await reader.call("GET", "/workspaces")).toMatchObject({ count: 0 });
    await expect(reader.user()).rejects.toMatchObject({ status: 404 });
  });

  it("and its template and user go when they are no longer declared", async () => {
    expect(core("destroy", "-auto-approve", "-no-color")).toContain("2 destroyed");
    await expect(admin.template("small")).rejects.toMatchObject({ status: 404 });
  });
});

interface ProviderSchema {
  readonly provider: unknown;
  readonly resource_schemas: Readonly<Record<string, unknown>>;
}

/** A schema without its texts, and without what is absent in one and false in the other. */
function shape(value: unknown): unknown {
  if (Array.isArray(value) || typeof value !== "object" || value === null) return value;
  const left = Object.entries(value).filter(
    ([key, entry]) => !/^description/.test(key) || typeof entry === "object",
  );
  return Object.fromEntries(left.map(([key, entry]) => [key, shape(entry)]));
}

/** Its workspaces are of the image of Coder itself: that has what an agent needs. */
const SMALL_TEMPLATE = `
terraform {
  required_providers {
    coder  = { source = "coder/coder", version = "~> 2.17" }
    docker = { source = "kreuzwerker/docker", version = "~> 4.5" }
  }
}

variable "network" { type = string }
variable "image" { type = string }

data "coder_workspace" "me" {}

data "coder_parameter" "level" {
  name      = "level"
  type      = "string"
  form_type = "radio"
  default   = "standard"
  mutable   = true
  option {
    name  = "Standard"
    value = "standard"
  }
  option {
    name  = "Strict"
    value = "strict"
  }
}

resource "coder_agent" "main" {
  arch                    = "amd64"
  os                      = "linux"
  startup_script_behavior = "blocking"
  startup_script          = "echo level \${data.coder_parameter.level.value}"
}

resource "coder_app" "page" {
  agent_id = coder_agent.main.id
  slug     = "page"
  url      = "http://coder:7080/"
  healthcheck {
    url       = "http://coder:7080/healthz"
    interval  = 1
    threshold = 10
  }
}

resource "docker_container" "workspace" {
  count      = data.coder_workspace.me.start_count
  name       = "\${var.network}-workspace"
  image      = var.image
  entrypoint = ["sh", "-c", coder_agent.main.init_script]
  env        = ["CODER_AGENT_TOKEN=\${coder_agent.main.token}"]
  networks_advanced { name = var.network }
}
`;
