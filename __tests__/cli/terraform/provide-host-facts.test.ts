import { existsSync, mkdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { certificateFiles } from "../../../cli/certificates/access-certificate";
import { stackFolder } from "../../../cli/stack-folder";
import { provideHostFacts } from "../../../cli/terraform/provide-host-facts";
import { ACCESS_KEY } from "../../../constructs/coder";
import { platformConfig } from "../../support/platform-fixture";
import { PROJECT } from "../../support/source-files";
import { temporaryFolder } from "../../support/temporary-folder";

const CERTIFICATE = ["ca_certificate", "access_certificate", ACCESS_KEY];

function stackWith(names: readonly string[]) {
  const root = temporaryFolder();
  const [home, outdir] = [join(root, "home"), join(root, "cdktf.out")];
  mkdirSync(stackFolder(outdir), { recursive: true });
  const variable = Object.fromEntries(names.map((name) => [name, {}]));
  writeFileSync(join(stackFolder(outdir), "cdk.tf.json"), JSON.stringify({ variable }));
  const file = join(stackFolder(outdir), "host.auto.tfvars.json");
  const link = join(stackFolder(outdir), "access-key.auto.tfvars.json");
  const said: string[] = [];
  const provide = (purpose: Parameters<typeof provideHostFacts>[0]) =>
    provideHostFacts(purpose, { home, config: platformConfig(), outdir }, (text) => void said.push(text));
  const facts = () => JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
  return { home, file, link, said, provide, facts };
}

describe("provideHostFacts", () => {
  it("writes what the stack declares, and nothing else", async () => {
    const { provide, facts, link, home } = stackWith(["sluice_folder"]);
    expect(await provide("change")).toEqual({});
    expect(facts()).toEqual({ sluice_folder: PROJECT });
    expect([existsSync(link), existsSync(home)]).toEqual([false, false]);
  });

  it("makes a certificate for a change; its key stays in the home", async () => {
    const { provide, facts, file, link, home, said } = stackWith(CERTIFICATE);
    expect(await provide("change")).toEqual({});
    const files = certificateFiles(home);
    const key = readFileSync(files.key, "utf8");
    expect(facts()).toEqual({
      ca_certificate: readFileSync(files.authority, "utf8"),
      access_certificate: readFileSync(files.certificate, "utf8"),
    });
    expect(readFileSync(file, "utf8")).not.toContain("PRIVATE KEY");
    expect(isAbsolute(readlinkSync(link))).toBe(false);
    expect(JSON.parse(readFileSync(link, "utf8"))).toEqual({ [ACCESS_KEY]: key });
    expect(statSync(link).mode & 0o777).toBe(0o600);
    expect(said.join()).toMatch(/authority made.*certificate of localhost made/);
    await provide("change");
    expect(said).toHaveLength(1);
  });

  it("makes none to read: placeholders stand in, also for terraform", async () => {
    const { provide, file, link, home, facts } = stackWith([...CERTIFICATE, "sluice_folder"]);
    const placeholder = "placeholder-until-deploy-makes-it";
    expect(await provide("read")).toEqual(Object.fromEntries(CERTIFICATE.map((name) => [name, placeholder])));
    expect([existsSync(home), existsSync(link), existsSync(file)]).toEqual([false, false, true]);
    expect(facts()).toEqual({ sluice_folder: PROJECT });
  });

  it("leaves nothing behind where the stack declares nothing any more, and asks nobody to destroy", async () => {
    const { provide, file, link, home } = stackWith(CERTIFICATE);
    await provide("prepare");
    expect([existsSync(file), existsSync(link)]).toEqual([true, true]);
    const values = await provide("destroy");
    expect(Object.keys(values).sort()).toEqual([...CERTIFICATE].sort());
    // The docker provider refuses a mount of anything else, also to remove it.
    for (const value of Object.values(values)) expect(value).toMatch(/^\//);
    expect([existsSync(file), existsSync(link)]).toEqual([false, false]);
    expect(existsSync(certificateFiles(home).authority)).toBe(true);
  });
});
