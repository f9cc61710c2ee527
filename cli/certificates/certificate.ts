import { createPrivateKey, X509Certificate } from "node:crypto";
import { isIP } from "node:net";

/** What the access host shows to browsers. PEM texts. */
export interface AccessCertificate {
  /** The server's certificate, then those between it and the authority. */
  readonly certificate: string;
  readonly key: string;
  /** The authority's certificate, which containers trust besides those of their image. */
  readonly authority: string;
  /** The server's, read. */
  readonly own: X509Certificate;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Whole days until a certificate ends; negative once it has. */
export function daysLeft(certificate: X509Certificate, now: Date): number {
  return Math.floor((Date.parse(certificate.validTo) - now.getTime()) / DAY_MS);
}

/** The certificates of a PEM text, the server's first. @throws Error of node:crypto when one is damaged */
export function readCertificates(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

/** Those of `names` that a certificate does not hold for. A wildcard is a name like others here: `*.a.example` must stand in it. */
export function missingNames(certificate: X509Certificate, names: readonly string[]): string[] {
  const listed = (certificate.subjectAltName ?? "").split(", ").map((entry) => entry.toLowerCase());
  return names.filter((name) => {
    if (isIP(name) !== 0) return certificate.checkIP(name) === undefined;
    if (listed.includes(`dns:${name.toLowerCase()}`)) return false;
    return name.startsWith("*.") || certificate.checkHost(name, { subject: "never" }) === undefined;
  });
}

/** Whether a private key, as PEM, is that of a certificate. */
export function isKeyOf(key: string, certificate: X509Certificate): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}
