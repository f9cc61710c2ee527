import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureSecrets, readSecrets, writeSecrets } from "../../../cli/secrets/secret-store";
import { stackFolder } from "../../../cli/stack-folder";
import { provideSecrets } from "../../../cli/terraform/provide-secrets";
import { platformConfig } from "../../support/platform-fixture";
import { temporaryFolder } from "../../support/temporary-folder";

describe("values that the stack does not declare", () => {
  it.each(["read", "change", "destroy"] as const)(
    "stay out of the file that Terraform reads: %s",
    async (purpose) => {
      const root = temporaryFolder();
      const [home, outdir] = [join(root, "home"), join(root, "cdktf.out")];
      ensureSecrets(home, [], {});
      const secrets = readSecrets(home);
      mkdirSync(stackFolder(outdir), { recursive: true });
      const variable = Object.fromEntries(Object.keys(secrets).map((name) => [name, {}]));
      writeFileSync(join(stackFolder(outdir), "cdk.tf.json"), JSON.stringify({ variable }));
      const planned = { name: "team", dataVolumes: [] };
      const existing = { home, deployed: undefined, last: undefined, planned };
      const provide = () =>
        provideSecrets(purpose, { existing, config: platformConfig(""), outdir }, () => {});
      const link = join(stackFolder(outdir), "secrets.auto.tfvars.json");

      expect([await provide(), existsSync(link)]).toEqual([{}, true]);
      const whole = { ...secrets, former_api_key: "planted" };
      writeSecrets(home, whole);
      // As variables of the environment, of which Terraform does not warn; a rollback may still need the value.
      expect([await provide(), existsSync(link)]).toEqual([whole, false]);
      expect(readSecrets(home)).toEqual(whole);
    },
  );
});
