import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeAuthority, makeCertificate } from "../../../cli/certificates/issue";
import { readOwnCertificate } from "../../../cli/certificates/own-certificate";
import { temporaryFolder } from "../../support/temporary-folder";

const NOW = new Date("2026-06-01T12:00:00Z");

describe("a certificate of your own", () => {
  const folder = temporaryFolder();
  const paths = {
    certificateFile: join(folder, "server.crt"),
    keyFile: join(folder, "server.key"),
    caFile: join(folder, "ca.crt"),
  };

  beforeEach(async () => {
    const authority = await makeAuthority("company", NOW);
    const { certificate, key } = await makeCertificate(authority, ["ai.example", "*.ai.example"], NOW);
    writeFileSync(paths.certificateFile, certificate);
    writeFileSync(paths.keyFile, key);
    writeFileSync(paths.caFile, authority.certificate);
  });

  const read = (
    names = ["ai.example", "*.ai.example"],
    now = NOW,
    files: Parameters<typeof readOwnCertificate>[0] = paths,
  ) => readOwnCertificate(files, names, now);

  it("is taken as it is", () => {
    expect(read().own.checkHost("ai.example")).toBe("ai.example");
    const { caFile: _caFile, ...without } = paths;
    const { authority, certificate } = read(undefined, undefined, without);
    expect(authority).toBe(certificate);
  });

  it.each([
    [
      "a missing file",
      () => read(undefined, undefined, { ...paths, keyFile: join(folder, "none.key") }),
      /access\.certificate\.keyFile: .*none\.key cannot be read/,
    ],
    [
      "another's key",
      async () => {
        writeFileSync(paths.keyFile, (await makeAuthority("other", NOW)).key);
        read();
      },
      /keyFile: .* is not the key of the certificate; allowed: the unencrypted private key/,
    ],
    [
      "a key in its place",
      () => read(undefined, undefined, { ...paths, certificateFile: paths.keyFile }),
      /certificateFile: .* has no certificate in it/,
    ],
    [
      "another host",
      () => read(["ai.example", "other.example"]),
      /does not hold for other\.example \(it has DNS:ai\.example, DNS:\*\.ai\.example\)/,
    ],
    [
      "a wildcard that it lacks",
      () => read(["ai.example", "*.apps.example"]),
      /does not hold for \*\.apps\.example/,
    ],
    ["its end", () => read(undefined, new Date("2028-01-01")), /certificateFile: .* holds from .* to .*2027/],
    ["the time before its beginning", () => read(undefined, new Date("2026-01-01")), /holds from/],
    [
      "another authority",
      async () => {
        writeFileSync(paths.caFile, (await makeAuthority("other", NOW)).certificate);
        read();
      },
      /caFile: .* has not signed the certificate, whose issuer is CN=Sluice company CA/,
    ],
  ])("is refused with %s", async (_what, act, expected) => {
    await expect(async () => act()).rejects.toThrow(expected);
    await expect(async () => act()).rejects.toThrow(/leave access\.certificate out/);
  });
});
