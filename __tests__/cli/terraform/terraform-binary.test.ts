import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findTerraform } from "../../../cli/terraform/terraform-binary";
import { temporaryFolder } from "../../support/temporary-folder";

/** A folder with programs that answer `version -json` like Terraform does. */
function path(programs: Record<string, string>): string {
  const folder = temporaryFolder();
  for (const [name, version] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\necho '{"terraform_version":"${version}"}'\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return `${folder}:/bin:/usr/bin`;
}

describe("findTerraform", () => {
  it("prefers terraform, takes tofu, and follows TERRAFORM_BINARY_NAME", () => {
    expect(findTerraform({ PATH: path({ terraform: "1.11.4", tofu: "1.12.6" }) })).toEqual({
      command: "terraform",
      version: "1.11.4",
    });
    expect(findTerraform({ PATH: path({ tofu: "1.12.6" }) })).toEqual({ command: "tofu", version: "1.12.6" });
    const PATH = path({ terraform: "1.11.4", mine: "2.0.0" });
    expect(findTerraform({ PATH, TERRAFORM_BINARY_NAME: "mine" })).toEqual({
      command: "mine",
      version: "2.0.0",
    });
  });

  it.each(["1.10.9", "0.15.0"])("refuses version %s with a remedy", (version) => {
    expect(() => findTerraform({ PATH: path({ terraform: version }) })).toThrow(
      new RegExp(`terraform is version ${version}, but 1.11 or newer is needed[\\s\\S]*update it`),
    );
  });

  it("says where to get one when there is none", () => {
    expect(() => findTerraform({ PATH: path({}) })).toThrow(
      /found neither of: terraform, tofu[\s\S]*opentofu\.org/,
    );
    expect(() => findTerraform({ PATH: path({ tofu: "1.12.6" }), TERRAFORM_BINARY_NAME: "nope" })).toThrow(
      "found neither of: nope",
    );
  });
});
