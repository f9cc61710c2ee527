import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { isAbsolute, join } from "node:path";
import { linkSecrets, unlinkSecrets } from "../../../cli/secrets/link-secrets";
import { stackFolder } from "../../../cli/stack-folder";
import { temporaryFolder } from "../../support/temporary-folder";

function folders() {
  const [home, outdir] = [temporaryFolder(), temporaryFolder()];
  mkdirSync(stackFolder(outdir), { recursive: true });
  writeFileSync(join(home, "secrets.tfvars.json"), '{"gateway_database_password": "planted"}');
  return { home, outdir, link: join(stackFolder(outdir), "secrets.auto.tfvars.json") };
}

describe("linkSecrets", () => {
  it("lets Terraform find the secrets, again and again", () => {
    const { home, outdir, link } = folders();
    linkSecrets(outdir, home);
    const { ino } = lstatSync(link);
    linkSecrets(outdir, home);
    expect(isAbsolute(readlinkSync(link))).toBe(false);
    expect(readFileSync(link, "utf8")).toContain("planted");
    // Another command may be reading it right now.
    expect(lstatSync(link).ino).toBe(ino);
  });

  it("replaces the link to another home's", () => {
    const { home, outdir, link } = folders();
    symlinkSync("/another/home/secrets.tfvars.json", link);
    linkSecrets(outdir, home);
    expect(readFileSync(link, "utf8")).toContain("planted");
  });

  it("is taken back without touching the secrets", () => {
    const { home, outdir, link } = folders();
    linkSecrets(outdir, home);
    unlinkSecrets(outdir);
    unlinkSecrets(outdir);
    expect(lstatSync(link, { throwIfNoEntry: false })).toBeUndefined();
    expect(existsSync(join(home, "secrets.tfvars.json"))).toBe(true);
  });
});
