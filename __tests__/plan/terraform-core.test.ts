import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../support/temporary-folder";
import { findCore } from "../support/terraform-core";

/** A folder for the PATH with a `terraform` whose `init` ends as given, and no tool chain of this project's anywhere. */
function machine(init: number): NodeJS.ProcessEnv {
  const folder = temporaryFolder();
  const file = join(folder, "terraform");
  writeFileSync(file, `#!/bin/sh\ncase $1 in version) exit 0 ;; init) exit ${init} ;; esac\nexit 9\n`);
  chmodSync(file, 0o755);
  return { PATH: `${folder}:/usr/bin:/bin`, XDG_CACHE_HOME: folder };
}

describe("a core that is only on the PATH", () => {
  it("counts when it can have the provider", () => expect(findCore(machine(0))?.command).toBe("terraform"));

  it("does not count when it cannot: the plan tests are skipped, not failed", () =>
    expect(findCore(machine(1))).toBeUndefined());

  it("counts in any case when it was named", () =>
    expect(findCore({ ...machine(1), TERRAFORM_BINARY_NAME: "terraform" })?.command).toBe("terraform"));
});
