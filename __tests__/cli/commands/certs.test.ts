import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { certificateFiles, ensureAccessCertificate } from "../../../cli/certificates/access-certificate";
import { platformConfig } from "../../support/platform-fixture";
import { PROJECT } from "../../support/source-files";
import { temporaryFolder } from "../../support/temporary-folder";

/** A platform file beside a home of its own. */
function place(yaml: string) {
  const folder = temporaryFolder();
  const [home, file] = [join(folder, "home"), join(folder, "platform.yaml")];
  writeFileSync(file, `apiVersion: sluice/v1\n${yaml}\n`);
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["--import", "tsx", "cli/main.ts", "certs", ...args],
      { cwd: PROJECT, env: { ...process.env, SLUICE_HOME: home, SLUICE_CONFIG: file }, encoding: "utf8" },
    );
    return { status, stdout, stderr };
  };
  return { home, run };
}

describe("sluice certs", () => {
  it("makes a certificate once, and says how to trust its authority on every system", () => {
    const { home, run } = place("access: { host: ai.example }");
    const first = run();
    expect([first.status, first.stderr]).toEqual([0, ""]);
    const { authority } = certificateFiles(home);
    expect(first.stdout).toContain("✓ certificate of ai.example made");
    expect(first.stdout).toMatch(
      /^names {8}ai\.example, localhost, 127\.0\.0\.1, coder, host\.docker\.internal$/m,
    );
    expect(first.stdout).toContain(
      `sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain "${authority}"`,
    );
    for (const system of ["Windows", "Debian", "Fedora", "Chrome on Linux", "Firefox"])
      expect(first.stdout).toMatch(new RegExp(`^${system}`, "m"));
    expect(run().stdout).not.toContain("✓");
  }, 60_000);

  it("renews on request, and tells scripts", () => {
    const { home, run } = place("");
    const before = JSON.parse(run("--json").stdout);
    const after = JSON.parse(run("--json", "--renew").stdout);
    expect(before).toMatchObject({ host: "localhost", days_left: 396, made_by: "sluice" });
    expect(after.made).toEqual(["certificate of localhost replaced (asked for)"]);
    expect(after.authority).toEqual(before.authority);
    expect(after.authority).toMatchObject({
      file: certificateFiles(home).authority,
      sha256: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
    });
  }, 60_000);

  it("does not renew a certificate of your own, and makes nothing for it", async () => {
    const other = temporaryFolder();
    await ensureAccessCertificate(other, platformConfig());
    const files = certificateFiles(other);
    const { home, run } = place(
      `access: { certificate: { certificateFile: ${files.certificate}, keyFile: ${files.key} } }`,
    );
    expect(run("--renew")).toMatchObject({ status: 1, stderr: expect.stringContaining("replace its files") });
    const { status, stdout } = run();
    expect([status, stdout]).toEqual([0, expect.stringContaining("of the system")]);
    expect(existsSync(home)).toBe(false);
  }, 60_000);
});
