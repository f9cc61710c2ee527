import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { readIfPresent, writeAtomically } from "./atomic-file";
import { certificateBundle, type Places } from "./places";

/** Variables by which programs find the certificate authorities that they trust, in place of their own list. */
const BUNDLE_VARIABLES = [
  "SSL_CERT_FILE",
  "CURL_CA_BUNDLE",
  "REQUESTS_CA_BUNDLE",
  "PIP_CERT",
  "GIT_SSL_CAINFO",
  "AWS_CA_BUNDLE",
  // Adds to Node's own list.
  "NODE_EXTRA_CA_CERTS",
] as const;

/**
 * Puts the platform's certificate authority together with those of the system: a program that is told of a bundle reads nothing else, so the
 * platform's alone would cut it off from every public site.
 * @returns whether the platform has an authority of its own
 * @throws Error when the system's bundle cannot be read, or the platform's certificate is none
 */
export async function bundleCertificates(places: Places): Promise<boolean> {
  const own = await readIfPresent(places.platformCertificate);
  if (own?.trim() && !/^-----BEGIN CERTIFICATE-----\r?$/m.test(own))
    throw new Error(`${places.platformCertificate} is not a certificate in PEM form`);
  const system = await readFile(places.systemCertificates, "utf8");
  const parts = own?.trim() ? [system, own] : [system];
  await writeAtomically(certificateBundle(places), parts.map((part) => `${part.trimEnd()}\n`).join(""));
  return parts.length > 1;
}

/** The variables to set once the bundle is there. */
export function certificateVariables(places: Places): Readonly<Record<string, string>> {
  const bundle = certificateBundle(places);
  if (!existsSync(bundle)) return {};
  return Object.fromEntries(BUNDLE_VARIABLES.map((name) => [name, bundle]));
}
