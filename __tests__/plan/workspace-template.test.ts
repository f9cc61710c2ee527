import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { synthesizeWorkspaceTemplate } from "../../constructs";
import { renderHcl } from "../../constructs/workspace/hcl";
import { platformConfig } from "../support/platform-fixture";
import { Random } from "../support/services/random";
import { temporaryFolder } from "../support/temporary-folder";
import { findCore, type TerraformCore } from "../support/terraform-core";

const found = findCore();
const { directory, variables } = synthesizeWorkspaceTemplate(temporaryFolder(), platformConfig());

/** A core that can have the coder provider too; `init` puts both where they are found. */
const core =
  found !== undefined && run(found, ["init", "-input=false", "-no-color"]).status === 0 ? found : undefined;
const describePlan = core ? describe : describe.skip;
if (!core) {
  console.warn(
    "Plan tests of the workspace template are skipped: found neither terraform nor tofu that can have the coder and docker providers. tools/toolchain/build.sh builds one.",
  );
}

function run(
  { command, env }: TerraformCore,
  args: readonly string[],
  more: NodeJS.ProcessEnv = {},
  cwd = directory,
) {
  const result = spawnSync(command, args, {
    cwd,
    env: { ...env, ...more },
    encoding: "utf8",
    timeout: 100_000,
  });
  return { status: result.status, output: `${result.stdout}${result.stderr}` };
}

function succeed(args: readonly string[], env?: NodeJS.ProcessEnv, cwd?: string): string {
  if (core === undefined) throw new Error("no core");
  const { status, output } = run(core, args, env, cwd);
  if (status !== 0) throw new Error(`${args[0]} failed:\n${output}`);
  return output;
}

/** What Coder's provisioner tells the provider about a build. */
interface Build {
  readonly transition?: "start" | "stop";
  readonly owner?: string;
  readonly workspace?: string;
  readonly values?: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>>;
}

function environmentOf({
  transition = "start",
  owner = "ada",
  workspace = "Demo",
  values = {},
  ...rest
}: Build) {
  const parameters = Object.entries(values).map(([name, value]) => [
    `CODER_PARAMETER_${createHash("sha256").update(name).digest("hex")}`,
    value,
  ]);
  const terraform = Object.entries({ ...variables, workspace_image: "workspace:1", ...rest.variables });
  return {
    CODER_WORKSPACE_TRANSITION: transition,
    CODER_WORKSPACE_ID: "5d6f4b3a-0000-4000-8000-000000000001",
    CODER_WORKSPACE_NAME: workspace,
    CODER_WORKSPACE_OWNER: owner,
    CODER_WORKSPACE_OWNER_EMAIL: `${owner}@sluice.example`,
    CODER_WORKSPACE_OWNER_ID: "5d6f4b3a-0000-4000-8000-000000000002",
    CODER_WORKSPACE_ACCESS_URL: "https://localhost:7443",
    CODER_AGENT_URL: "https://localhost:7443",
    ...Object.fromEntries(parameters),
    ...Object.fromEntries(terraform.map(([name, value]) => [`TF_VAR_${name}`, value])),
  };
}

interface PlannedResource {
  readonly address: string;
  readonly values: Record<string, unknown>;
}

function plan(build: Build = {}): Record<string, Record<string, unknown>> {
  const file = join(temporaryFolder(), "plan");
  succeed(["plan", "-input=false", "-no-color", "-lock=false", `-out=${file}`], environmentOf(build));
  const { planned_values } = JSON.parse(succeed(["show", "-json", file]));
  const resources: PlannedResource[] = planned_values.root_module.resources;
  return Object.fromEntries(resources.map(({ address, values }) => [address, values]));
}

const CONTAINER = "docker_container.workspace[0]";

describePlan("the workspace template", () => {
  it("is valid for both providers, and formatted", () => {
    expect(succeed(["validate", "-no-color"])).toContain("The configuration is valid");
    expect(succeed(["fmt", "-check", "-diff"])).toBe("");
  });

  it("starts a container with the sizes and names that were chosen", () => {
    const planned = plan({ values: { cpu: "3", memory: "6", ai_assistant: "all" } });
    expect(Object.keys(planned)).toEqual(
      expect.arrayContaining(["coder_agent.main", "coder_app.opencode[0]", "coder_app.claude_code[0]"]),
    );
    expect(planned[CONTAINER]).toMatchObject({
      name: "coder-ada-demo",
      hostname: "demo-workspace",
      image: "workspace:1",
      cpus: "3.0",
      memory: 6144,
      memory_swap: 6144,
      restart: "no",
      upload: [],
    });
    expect(planned["docker_volume.home"]).toMatchObject({
      name: "coder-5d6f4b3a-0000-4000-8000-000000000001-home",
    });
  });

  it("tells apart containers whose owners' names have dashes", () => {
    expect(plan({ owner: "a-b", workspace: "c" })[CONTAINER]).toMatchObject({ name: "coder-a-b--c" });
    expect(plan({ owner: "a", workspace: "b-c" })[CONTAINER]).toMatchObject({ name: "coder-a-b-c" });
  });

  it("keeps the home and nothing else when it stops", () => {
    expect(Object.keys(plan({ transition: "stop" })).sort()).toEqual([
      "coder_agent.main",
      "coder_metadata.home",
      "docker_volume.home",
    ]);
  });

  it("hands a typed key to the agent, and a certificate to the container", () => {
    expect(plan()["coder_env.typed_key[0]"]).toBeUndefined();
    const planned = plan({ values: { litellm_api_key: "sk-typed" }, variables: { ca_certificate: "PEM" } });
    expect(planned["coder_env.typed_key[0]"]).toMatchObject({ name: "SLUICE_TYPED_KEY", value: "sk-typed" });
    expect(planned[CONTAINER]?.["upload"]).toMatchObject([
      { file: "/opt/sluice/ca.crt", content: "PEM", permissions: "0444" },
    ]);
  });

  it.each([
    ["ai_enforcement_level", "none"],
    ["ai_model", "gpt-5"],
    ["litellm_api_key", "no-key"],
    ["ai_gateway_url", "litellm"],
    ["repository", "--upload-pack=x"],
    ["cpu", "5"],
    ["memory", "0"],
  ])("refuses %s = %s", (name, value) => {
    expect(() => plan({ values: { [name]: value } })).toThrow("plan failed");
  });
});

describePlan("texts in HCL", () => {
  it("are to a real core what they were", () => {
    const random = new Random(95);
    const alphabet = [..."ab \"\\'$%{}~\n\t#é😀"];
    const texts = Array.from({ length: 200 }, () =>
      Array.from({ length: random.int(0, 12) }, () => random.pick(alphabet)).join(""),
    );
    const folder = temporaryFolder();
    const entries = Object.fromEntries(texts.map((text, index) => [`t${index}`, text]));
    writeFileSync(
      join(folder, "main.tf"),
      renderHcl([{ type: "output", labels: ["texts"], attributes: { value: entries } }]),
    );
    const file = join(folder, "plan");
    succeed(["init", "-no-color"], {}, folder);
    succeed(["plan", "-no-color", `-out=${file}`], {}, folder);
    const { planned_values } = JSON.parse(succeed(["show", "-json", file], {}, folder));
    expect(planned_values.outputs.texts.value).toEqual(entries);
  });
});
