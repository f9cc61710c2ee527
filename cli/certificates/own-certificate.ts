import type { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { PlatformConfig } from "../../constructs/config/schema";
import { PROJECT_ROOT } from "../sluice-home";
import { UserError } from "../terminal/user-error";
import { type AccessCertificate, daysLeft, isKeyOf, missingNames, readCertificates } from "./certificate";

type Files = NonNullable<PlatformConfig["access"]["certificate"]>;

/**
 * A certificate that an organisation's authority made.
 * @param names those that people use: the access host, and the wildcard
 * @throws UserError when the files cannot be read or do not go together
 */
export function readOwnCertificate(files: Files, names: readonly string[], now: Date): AccessCertificate {
  const read = (setting: keyof Files, path: string) => {
    try {
      return readFileSync(resolve(PROJECT_ROOT, path), "utf8");
    } catch (error) {
      throw fault(setting, path, `cannot be read (${(error as Error).message})`, "a file that you may read");
    }
  };
  const { certificateFile, keyFile, caFile } = files;
  const certificate = read("certificateFile", certificateFile);
  const [own, ...between] = parse("certificateFile", certificateFile, certificate);
  const key = read("keyFile", keyFile);
  if (!isKeyOf(key, own)) {
    const allowed = `the unencrypted private key of ${certificateFile}, as PEM`;
    throw fault("keyFile", keyFile, "is not the key of the certificate", allowed);
  }
  const missing = missingNames(own, names);
  if (missing.length > 0) {
    const has = own.subjectAltName ?? "no names";
    throw fault(
      "certificateFile",
      certificateFile,
      `does not hold for ${missing.join(", ")} (it has ${has})`,
      `a certificate for ${names.join(", ")}`,
    );
  }
  if (daysLeft(own, now) < 0 || Date.parse(own.validFrom) > now.getTime()) {
    throw fault(
      "certificateFile",
      certificateFile,
      `holds from ${own.validFrom} to ${own.validTo}`,
      `one that holds at ${now.toUTCString()}`,
    );
  }
  if (caFile === undefined) return { certificate, key, authority: certificate, own };
  const authority = read("caFile", caFile);
  const authorities = parse("caFile", caFile, authority);
  const top = between.at(-1) ?? own;
  if (!authorities.some((one) => top.checkIssued(one) && top.verify(one.publicKey))) {
    throw fault(
      "caFile",
      caFile,
      `has not signed the certificate, whose issuer is ${oneLine(top.issuer)}`,
      `the certificate of ${oneLine(top.issuer)}; certificates between the two belong into certificateFile, below the server's`,
    );
  }
  return { certificate, key, authority, own };
}

function parse(setting: keyof Files, path: string, pem: string): [X509Certificate, ...X509Certificate[]] {
  try {
    const [first, ...others] = readCertificates(pem);
    if (first !== undefined) return [first, ...others];
  } catch {
    // Told below.
  }
  throw fault(setting, path, "has no certificate in it that can be read", "PEM: -----BEGIN CERTIFICATE-----");
}

function fault(setting: keyof Files, path: string, problem: string, allowed: string): UserError {
  return new UserError(
    `access.certificate.${setting}: ${path} ${problem}; allowed: ${allowed}`,
    "correct it, or leave access.certificate out: then Sluice makes a certificate (sluice certs)",
  );
}

function oneLine(name: string): string {
  return name.replaceAll("\n", ", ");
}
