import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { planWorkspaceNetwork, synthesizeWorkspaceTemplate } from "../../../constructs";
import { SERVICES } from "../../../constructs/service-catalog";
import { workspaceForm } from "../../../constructs/workspace/form";
import { platformConfig } from "../../support/platform-fixture";
import { temporaryFolder } from "../../support/temporary-folder";

type Body = Record<string, unknown>;
interface Template {
  readonly terraform: { readonly required_providers: unknown; readonly backend?: unknown };
  readonly resource: Record<string, Record<string, Body>>;
}

function synthesize(yaml = "", outdir = temporaryFolder()) {
  const config = platformConfig(yaml);
  const { directory, variables } = synthesizeWorkspaceTemplate(outdir, config);
  const files = Object.fromEntries(
    readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), "utf8")]),
  );
  const template: Template = JSON.parse(files["cdk.tf.json"] ?? "");
  return { config, directory, variables, files, template };
}

const containerOf = ({ resource }: Template) => resource["docker_container"]?.["workspace"] ?? {};

it("is exactly this JSON by default", () => {
  const expected = JSON.parse(readFileSync(join(__dirname, "expected.tf.json"), "utf8"));
  expect(synthesize().template).toEqual(expected);
});

it("is three plain files of no more than Coder takes", () => {
  const { directory, files } = synthesize();
  expect(Object.keys(files)).toEqual(["README.md", "cdk.tf.json", "parameters.tf"]);
  for (const name of Object.keys(files)) expect(lstatSync(join(directory, name)).isFile()).toBe(true);
  expect(Object.values(files).join("").length).toBeLessThan(64 * 1024);
});

it("has the same bytes at each synth, wherever", () => {
  expect(synthesize("name: team").files).toEqual(synthesize("name: team").files);
});

it("leaves nothing of an earlier one", () => {
  const outdir = temporaryFolder();
  mkdirSync(join(outdir, "template"));
  writeFileSync(join(outdir, "template/old_override.tf"), "");
  expect(Object.keys(synthesize("", outdir).files)).not.toContain("old_override.tf");
});

it("names no path of this machine, no backend and no comment", () => {
  const { files, template } = synthesize();
  expect(Object.values(files).join("\n")).not.toContain(process.cwd());
  expect(template.terraform.backend).toBeUndefined();
  expect(files["cdk.tf.json"]).not.toContain('"//"');
});

it("refers only to parameters that the form has, and to all of them", () => {
  const { files, config } = synthesize();
  const used = [...(files["cdk.tf.json"] ?? "").matchAll(/data\.coder_parameter\.(\w+)\.value/g)];
  const names = new Set(used.map(([, name]) => name));
  expect([...names].sort()).toEqual(
    workspaceForm(config)
      .parameters.map(({ name }) => name)
      .sort(),
  );
});

it("refuses what is larger than Coder takes", () => {
  const base = platformConfig();
  const [first] = base.models;
  const models = Array.from({ length: 60 }, (_, index) => ({
    ...first,
    name: `${index}-${"x".repeat(20_000)}`,
  }));
  expect(() => synthesizeWorkspaceTemplate(temporaryFolder(), { ...base, models } as typeof base)).toThrow(
    /has \d+ bytes as a tar; allowed: 1048576; remedy: offer fewer models/,
  );
});

describe("the variables", () => {
  it("are those that platform.yaml decides", () => {
    expect(synthesize("name: team").variables).toEqual({
      network: "team-workspaces",
      platform: "team",
      coder_internal_url: "http://coder:7080",
      key_provisioner_url: "http://key-provisioner:8100",
    });
  });

  it("and the image and certificate are declared, the image without a default", () => {
    const variable = JSON.parse(synthesize().files["cdk.tf.json"] ?? "").variable;
    const required = Object.keys(variable).filter((name) => variable[name].default === undefined);
    expect(required.sort()).toEqual([...Object.keys(synthesize().variables), "workspace_image"].sort());
    expect(variable.ca_certificate.default).toBe("");
  });
});

describe("the container", () => {
  it("has no address of its own, so that it gets one of the workspaces' half", () => {
    expect(containerOf(synthesize().template)["networks_advanced"]).toEqual([{ name: "${var.network}" }]);
    const { subnet, memberRange } = planWorkspaceNetwork("team");
    expect(memberRange).not.toBe(subnet);
  });

  it("has a host name that is none of a service on its network", () => {
    expect(containerOf(synthesize().template)["hostname"]).toBe(
      "${lower(data.coder_workspace.me.name)}-workspace",
    );
    const names = SERVICES.flatMap(({ networks }) =>
      networks === "host" ? [] : (networks["workspaces"] ?? []),
    );
    expect(names.length).toBeGreaterThan(1);
    expect(names.filter((name) => name.endsWith("-workspace"))).toEqual([]);
  });

  it("mounts its home and nothing of the host", () => {
    const { volumes, mounts, privileged, devices } = containerOf(synthesize().template);
    expect(volumes).toEqual([{ container_path: "/home/coder", volume_name: "${docker_volume.home.name}" }]);
    expect([mounts, privileged, devices]).toEqual([undefined, undefined, undefined]);
  });

  it("has no secret in its environment but the agent's token", () => {
    const env = containerOf(synthesize().template)["env"] as string[];
    expect(env.filter((entry) => /litellm_api_key|session_token|private_key|oidc/.test(entry))).toEqual([]);
    expect(env.filter((entry) => entry.includes(".token"))).toEqual([
      "CODER_AGENT_TOKEN=${coder_agent.main.token}",
    ]);
  });

  it("rotates logs as platform.yaml says", () => {
    const { template } = synthesize("retention: { logMegabytes: 3, logFiles: 2 }");
    expect(containerOf(template)["log_opts"]).toEqual({ "max-size": "3m", "max-file": "2" });
  });
});

it("gives apps names of their own where there is a wildcard", () => {
  const config = { ...platformConfig(), coder: { wildcardHost: "*.coder.example.org" } };
  const { directory } = synthesizeWorkspaceTemplate(temporaryFolder(), config);
  const template = JSON.parse(readFileSync(join(directory, "cdk.tf.json"), "utf8"));
  expect(template.resource.coder_app.code_server.subdomain).toBe(true);
});

it("has a README for developers that names every parameter and preset", () => {
  const { files, config } = synthesize();
  const { parameters, presets } = workspaceForm(config);
  for (const { name, displayName } of parameters) {
    expect(files["README.md"]).toContain(`| ${displayName} | \`${name}\` |`);
  }
  for (const { name } of presets) expect(files["README.md"]).toContain(`* **${name}**`);
});
