import { App, TerraformStack, Testing } from "cdktf";
import { CoderStack, synthesizeWorkspaceTemplate } from "../../constructs";
import { TerraformData } from "../../constructs/terraform-data";
import { platformConfig, synthesizePlatform } from "../support/platform-fixture";
import { temporaryFolder } from "../support/temporary-folder";

const path = process.env["PATH"];
beforeEach(() => {
  process.env["PATH"] = temporaryFolder();
});
afterEach(() => {
  process.env["PATH"] = path;
});

describe("terraform_data", () => {
  it("has its triggers and provisioners", () => {
    const stack = new TerraformStack(Testing.stubVersion(new App({ stackTraces: false })), "stack");
    new TerraformData(stack, "plain", { provisioners: [{ type: "local-exec", command: "true" }] });
    new TerraformData(stack, "triggered", { triggersReplace: { users: ["ada"] } });
    const { resource } = JSON.parse(Testing.synth(stack, true)) as {
      resource: { terraform_data: Record<string, Record<string, unknown>> };
    };
    expect(resource.terraform_data["plain"]).toEqual({
      provisioner: [{ "local-exec": { command: "true" } }],
    });
    expect(resource.terraform_data["triggered"]).toEqual({ triggers_replace: { users: ["ada"] } });
  });

  it("lets every stack be synthesized where there is no Terraform", () => {
    const config = platformConfig(
      "coder:\n  users:\n    - { username: ada, email: ada@example.com, login: oidc, roles: [auditor] }\n",
    );
    expect(Object.keys(synthesizePlatform().resource)).toContain("terraform_data");
    const outdir = temporaryFolder();
    const files = synthesizeWorkspaceTemplate(outdir, config);
    const app = Testing.stubVersion(new App({ stackTraces: false, outdir }));
    const stack = new CoderStack(app, { config, template: { files, image: "team/workspace:1" } });
    expect(Testing.synth(stack, true)).toContain("terraform_data");
  });
});
