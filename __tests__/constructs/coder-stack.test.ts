import { readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { App, Testing } from "cdktf";
import { CoderStack, synthesizeWorkspaceTemplate } from "../../constructs";
import { platformConfig } from "../support/platform-fixture";
import { temporaryFolder } from "../support/temporary-folder";

const USERS = `coder:
  users:
    - { username: ada, email: ada@example.com, login: password, passwordEnv: ADA_PASSWORD, roles: [auditor] }
    - { username: bob, email: bob@example.com, login: oidc }
`;

/** Of the licence, each with the only value that needs none: left out. */
const LICENSED = [
  "acl",
  "auto_stop_requirement",
  "auto_start_permitted_days_of_week",
  "allow_user_auto_start",
  "allow_user_auto_stop",
  "failure_ttl_ms",
  "time_til_dormant_ms",
  "time_til_dormant_autodelete_ms",
  "require_active_version",
  "max_port_share_level",
];

interface CoderJson {
  readonly resource?: Record<string, Record<string, Record<string, unknown>>>;
  readonly variable: Record<string, { readonly sensitive?: boolean }>;
  readonly output?: Record<string, { readonly value: unknown }>;
}

function synthesize(
  yaml = "",
  change: (directory: string) => void = () => {},
  image = "team/workspace:1",
): CoderJson {
  const config = platformConfig(yaml);
  const outdir = temporaryFolder();
  const files = synthesizeWorkspaceTemplate(outdir, config);
  change(files.directory);
  const app = Testing.stubVersion(new App({ stackTraces: false, outdir }));
  const stack = new CoderStack(app, { config, template: { files, image } });
  Testing.synth(stack, true);
  return stack.toTerraform() as CoderJson;
}

const templateOf = ({ resource }: CoderJson) => resource?.["coderd_template"]?.["workspace"];
const versionOf = (json: CoderJson) => {
  const versions = templateOf(json)?.["versions"] as { readonly name: string }[] | undefined;
  return versions?.[0]?.name;
};

describe("the stack coder", () => {
  it("needs no licence of Coder", () => {
    expect(Object.keys(templateOf(synthesize()) ?? {}).filter((name) => LICENSED.includes(name))).toEqual([]);
  });

  it("has the token and passwords in sensitive variables, and in no output", () => {
    const { variable, output, resource } = synthesize(USERS);
    expect(variable["coder_provider_token"]?.sensitive).toBe(true);
    expect(variable["ada_password"]?.sensitive).toBe(true);
    expect(JSON.stringify(output)).not.toMatch(/token|password/);
    expect(resource?.["coderd_user"]?.["user_ada"]).toMatchObject({
      username: "ada",
      password: `\${var.ada_password}`,
      lifecycle: { ignore_changes: ["password"] },
    });
    expect(resource?.["coderd_user"]?.["user_bob"]).not.toHaveProperty("password");
  });

  it("has the stop of workspaces from platform.yaml", () => {
    expect(templateOf(synthesize("workspaces: { autostopHours: 3 }"))).toMatchObject({
      default_ttl_ms: 10_800_000,
    });
  });

  it("names a version by all that is in it", () => {
    const version = versionOf(synthesize());
    expect(version).toMatch(/^[0-9a-f]{12}-/);
    expect(versionOf(synthesize())).toBe(version);
    expect(versionOf(synthesize("", undefined, "team/workspace:2"))).not.toBe(version);
    expect(versionOf(synthesize("workspaces: { cpus: { max: 3 } }"))).not.toBe(version);
  });

  it("gives a file that was only renamed to the provider as a change", () => {
    let written = "";
    const versions = ["README.md", "READ.md"].map((name) => {
      const json = synthesize("", (directory) => {
        renameSync(join(directory, "README.md"), join(directory, name));
        written = directory;
      });
      return [versionOf(json), readFileSync(join(written, "VERSION"), "utf8")];
    });
    expect(versions[0]?.[0]).not.toBe(versions[1]?.[0]);
    expect(versions[0]?.[1]).not.toBe(versions[1]?.[1]);
  });

  it("is empty without a template, for its removal", () => {
    const config = platformConfig(USERS);
    const app = Testing.stubVersion(new App({ stackTraces: false, outdir: temporaryFolder() }));
    const stack = new CoderStack(app, { config });
    Testing.synth(stack, true);
    expect(stack.toTerraform()).not.toHaveProperty("resource");
  });
});
