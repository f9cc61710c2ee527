import { existsSync, mkdirSync, readFileSync, readlinkSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { ensureSecretsForCdktf } from "../../../cli/secrets/cdktf-secrets";
import { platformConfig } from "../../support/platform-fixture";
import { temporaryFolder } from "../../support/temporary-folder";

function folders() {
  const root = temporaryFolder();
  const [home, outdir] = [join(root, ".sluice"), join(root, "cdktf.out")];
  mkdirSync(join(outdir, "stacks/platform"), { recursive: true });
  return { home, outdir, link: join(outdir, "stacks/platform/secrets.auto.tfvars.json") };
}

describe("ensureSecretsForCdktf", () => {
  it("does nothing for a plain synth", () => {
    const { home, outdir, link } = folders();
    ensureSecretsForCdktf(outdir, platformConfig(), { SLUICE_HOME: home });
    expect(existsSync(home)).toBe(false);
    expect(existsSync(link)).toBe(false);
  });

  it("links the secrets for the CDKTF CLI, again and again", () => {
    const { home, outdir, link } = folders();
    const env = { SLUICE_HOME: home, CDKTF_OUTDIR: outdir, ANTHROPIC_API_KEY: "planted" };
    ensureSecretsForCdktf(outdir, platformConfig(), env);
    ensureSecretsForCdktf(outdir, platformConfig(), env);
    expect(isAbsolute(readlinkSync(link))).toBe(false);
    expect(JSON.parse(readFileSync(link, "utf8"))).toMatchObject({ anthropic_api_key: "planted" });
    expect(existsSync(join(home, "state"))).toBe(true);
  });
});
