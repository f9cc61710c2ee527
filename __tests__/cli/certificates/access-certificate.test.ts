import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import {
  certificateFiles,
  ensureAccessCertificate,
  readAccessCertificate,
} from "../../../cli/certificates/access-certificate";
import { platformConfig } from "../../support/platform-fixture";
import { temporaryFolder } from "../../support/temporary-folder";

const DAY_MS = 24 * 60 * 60 * 1000;
const NOW = new Date("2026-06-01T12:00:00Z");
const later = (days: number) => ({ now: new Date(NOW.getTime() + days * DAY_MS) });
const CONFIG = platformConfig('access: { host: ai.example }\ncoder: { wildcardHost: "*.ai.example" }');

describe("ensureAccessCertificate", () => {
  it("makes an authority for ten years and a certificate for 397 days, for every name of the platform", async () => {
    const home = temporaryFolder();
    const { current, made } = await ensureAccessCertificate(home, CONFIG, { now: NOW });
    expect(made).toEqual([expect.stringContaining("authority made"), "certificate of ai.example made"]);
    const authority = new X509Certificate(current.authority);
    expect(current.own.verify(authority.publicKey)).toBe(true);
    expect(current.own.checkIssued(authority)).toBe(true);
    expect([authority.ca, current.own.ca]).toEqual([true, false]);
    expect(authority.subject).toMatch(/^CN=Sluice sluice CA [0-9a-f]{6}$/);
    for (const name of ["ai.example", "x.ai.example", "localhost", "coder", "host.docker.internal"]) {
      expect([name, current.own.checkHost(name)]).not.toContain(undefined);
    }
    expect(current.own.checkIP("127.0.0.1")).toBe("127.0.0.1");
    expect(current.own.checkHost("other.example")).toBeUndefined();
    const days = (one: X509Certificate) => (Date.parse(one.validTo) - Date.parse(one.validFrom)) / DAY_MS;
    expect(days(current.own)).toBe(397);
    expect(days(authority)).toBeGreaterThanOrEqual(3652);
    expect(Date.parse(current.own.validFrom)).toBeLessThan(NOW.getTime());
    // With which uses a server's certificate may be used, in the words of openssl.
    expect(current.own.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
  });

  it("keeps keys for the owner alone", async () => {
    const home = temporaryFolder();
    await ensureAccessCertificate(home, CONFIG);
    const files = certificateFiles(home);
    expect(statSync(files.folder).mode & 0o777).toBe(0o700);
    for (const file of [files.authorityKey, files.key]) expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("changes nothing that is right, and renews with the same authority in the last 30 days", async () => {
    const home = temporaryFolder();
    const first = await ensureAccessCertificate(home, CONFIG, { now: NOW });
    const again = await ensureAccessCertificate(home, CONFIG, later(366));
    expect([again.made, again.current.certificate]).toEqual([[], first.current.certificate]);
    const renewed = await ensureAccessCertificate(home, CONFIG, later(367));
    expect(renewed.made).toEqual(["certificate of ai.example replaced (29 days were left)"]);
    expect(renewed.current.authority).toBe(first.current.authority);
    expect(renewed.current.key).not.toBe(first.current.key);
    const late = await ensureAccessCertificate(home, CONFIG, later(1000));
    expect(late.made).toEqual(["certificate of ai.example replaced (it has ended)"]);
  });

  it("makes another certificate for other names, and when it is asked to", async () => {
    const home = temporaryFolder();
    const first = await ensureAccessCertificate(home, CONFIG, { now: NOW });
    const moved = platformConfig("access: { host: 10.1.2.3 }");
    const { current, made } = await ensureAccessCertificate(home, moved, { now: NOW });
    expect(made).toEqual(["certificate of 10.1.2.3 replaced (it does not hold for 10.1.2.3)"]);
    expect(current.own.checkIP("10.1.2.3")).toBe("10.1.2.3");
    expect(current.authority).toBe(first.current.authority);
    const asked = await ensureAccessCertificate(home, moved, { now: NOW, renew: true });
    expect(asked.made).toEqual(["certificate of 10.1.2.3 replaced (asked for)"]);
  });

  it("holds for a host name that is longer than a common name can be", async () => {
    const host = `${"a".repeat(60)}.${"b".repeat(60)}.example`;
    const { current } = await ensureAccessCertificate(
      temporaryFolder(),
      platformConfig(`access: { host: ${host} }`),
    );
    expect(current.own.checkHost(host, { subject: "never" })).toBe(host);
  });

  it("goes on after a run that was killed between the key and the certificate", async () => {
    const home = temporaryFolder();
    const { current } = await ensureAccessCertificate(home, CONFIG);
    rmSync(certificateFiles(home).certificate);
    expect(readAccessCertificate(home, CONFIG)).toBeUndefined();
    const { current: next, made } = await ensureAccessCertificate(home, CONFIG);
    expect(made).toEqual(["certificate of ai.example made"]);
    expect(next.authority).toBe(current.authority);
  });

  it("refuses an authority whose key is gone or another's: no new one takes its place unasked", async () => {
    const home = temporaryFolder();
    await ensureAccessCertificate(home, CONFIG);
    const other = temporaryFolder();
    await ensureAccessCertificate(other, CONFIG);
    const files = certificateFiles(home);
    writeFileSync(files.authorityKey, readFileSync(certificateFiles(other).authorityKey));
    await expect(ensureAccessCertificate(home, CONFIG)).rejects.toThrow(
      /ca\.key is not the key of .*ca\.crt\n.*restore/,
    );
    writeFileSync(files.authority, "damaged");
    await expect(ensureAccessCertificate(home, CONFIG)).rejects.toThrow(/ca\.crt is no certificate/);
  });

  it("makes nothing where there is a certificate of your own", async () => {
    const [home, other] = [temporaryFolder(), temporaryFolder()];
    await ensureAccessCertificate(other, CONFIG);
    const files = certificateFiles(other);
    const own = platformConfig(
      `access: { host: ai.example, certificate: { certificateFile: ${files.certificate}, keyFile: ${files.key}, caFile: ${files.authority} } }`,
    );
    const { current, made } = await ensureAccessCertificate(home, own);
    expect([made, current.key]).toEqual([[], readFileSync(files.key, "utf8")]);
    expect(existsSync(certificateFiles(home).folder)).toBe(false);
  });
});
