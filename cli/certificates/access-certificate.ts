import { X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { PlatformConfig } from "../../constructs/config/schema";
import { writePrivateFile } from "../private-file";
import { closeToOthers } from "../sluice-home";
import { UserError } from "../terminal/user-error";
import { type AccessCertificate, daysLeft, isKeyOf, missingNames, readCertificates } from "./certificate";
import { certificateNames } from "./certificate-names";
import type { Issued } from "./issue";
import { readOwnCertificate } from "./own-certificate";

/** Fewer days than these, and a certificate of ours is replaced by the next deploy. */
export const RENEWAL_DAYS = 30;

/** Files of a home's certificates. */
export function certificateFiles(home: string) {
  const folder = join(home, "certs");
  return {
    folder,
    authority: join(folder, "ca.crt"),
    authorityKey: join(folder, "ca.key"),
    certificate: join(folder, "access.crt"),
    key: join(folder, "access.key"),
  };
}

/**
 * The certificate that is there: the one of `access.certificate`, else the home's. Writes nothing.
 * @returns undefined where the home has none yet
 * @throws UserError when files are damaged, or those of `access.certificate` do not go together
 */
export function readAccessCertificate(
  home: string,
  config: Pick<PlatformConfig, "access" | "coder">,
  now = new Date(),
): AccessCertificate | undefined {
  if (config.access.certificate !== undefined) {
    const { wildcardHost } = config.coder;
    const names = [config.access.host, ...(wildcardHost === undefined ? [] : [wildcardHost])];
    return readOwnCertificate(config.access.certificate, names, now);
  }
  const files = certificateFiles(home);
  if (![files.authority, files.certificate, files.key].every((file) => existsSync(file))) return undefined;
  const [certificate, authority] = [readPem(files.certificate), readPem(files.authority)];
  const key = readFileSync(files.key, "utf8");
  const [own] = readCertificates(certificate);
  if (own === undefined || !isKeyOf(key, own)) {
    // Of a run that was killed between two files. The next change makes another one.
    return undefined;
  }
  return { certificate, key, authority, own };
}

/** What `ensureAccessCertificate` did, in words; none where everything was there. */
export interface EnsuredCertificate {
  readonly current: AccessCertificate;
  readonly made: readonly string[];
}

/**
 * Makes what is missing: the authority, once, and a certificate for the names that platform.yaml says. One that ends soon, or has other
 * names, is replaced by one of the same authority, so that nobody has to trust another one.
 * @param renew whether to make one although nothing is wrong with it
 * @throws UserError when the authority's key is gone, or `access.certificate` is wrong
 */
export async function ensureAccessCertificate(
  home: string,
  config: Pick<PlatformConfig, "access" | "coder" | "name">,
  { renew = false, now = new Date() }: { readonly renew?: boolean; readonly now?: Date } = {},
): Promise<EnsuredCertificate> {
  if (config.access.certificate !== undefined) {
    const current = readAccessCertificate(home, config, now);
    if (current !== undefined) return { current, made: [] };
  }
  const made: string[] = [];
  const files = certificateFiles(home);
  mkdirSync(files.folder, { recursive: true, mode: 0o700 });
  closeToOthers(files.folder);
  let authority = readAuthority(home, now);
  if (authority === undefined) {
    authority = await issuing().makeAuthority(config.name, now);
    writePrivateFile(files.authorityKey, authority.key);
    writePrivateFile(files.authority, authority.certificate);
    made.push("authority made: trust it, see npm run sluice -- certs");
  }
  const names = certificateNames(config);
  const present = readAccessCertificate(home, config, now);
  const reason = renew ? "asked for" : reasonToRenew(present, authority, names, now);
  if (reason === undefined && present !== undefined) return { current: present, made };
  const issued = await issuing().makeCertificate(authority, names, now);
  // Gone first: a run that is killed leaves no certificate with another one's key.
  rmSync(files.certificate, { force: true });
  writePrivateFile(files.key, issued.key);
  writePrivateFile(files.certificate, issued.certificate);
  made.push(
    present === undefined
      ? `certificate of ${names[0]} made`
      : `certificate of ${names[0]} replaced (${reason})`,
  );
  const current = {
    ...issued,
    authority: authority.certificate,
    own: new X509Certificate(issued.certificate),
  };
  return { current, made };
}

/** Loaded when something is to be made: most commands make nothing. */
function issuing() {
  return require("./issue") as typeof import("./issue");
}

/** Why a certificate is replaced; undefined when it can stay. */
function reasonToRenew(
  present: AccessCertificate | undefined,
  authority: Issued,
  names: readonly string[],
  now: Date,
): string | undefined {
  if (present === undefined) return "there is none";
  const days = daysLeft(present.own, now);
  if (days < RENEWAL_DAYS) return days < 0 ? "it has ended" : `${days} days were left`;
  const missing = missingNames(present.own, names);
  if (missing.length > 0) return `it does not hold for ${missing.join(", ")}`;
  const [root] = readCertificates(authority.certificate);
  return root !== undefined && present.own.verify(root.publicKey) ? undefined : "another authority made it";
}

/** @returns undefined where there is none, or it has ended */
function readAuthority(home: string, now: Date): Issued | undefined {
  const files = certificateFiles(home);
  if (!existsSync(files.authority)) return undefined;
  const certificate = readPem(files.authority);
  const [root] = readCertificates(certificate);
  if (root === undefined || daysLeft(root, now) < 0) return undefined;
  const key = existsSync(files.authorityKey) ? readFileSync(files.authorityKey, "utf8") : "";
  if (!isKeyOf(key, root)) {
    throw new UserError(
      `${files.authorityKey} is not the key of ${files.authority}`,
      `restore it from your backup; or remove ${files.authority} for a new authority, which everybody has to trust again`,
    );
  }
  return { certificate, key };
}

function readPem(file: string): string {
  const text = readFileSync(file, "utf8");
  try {
    if (readCertificates(text).length > 0) return text;
  } catch {
    // Told below.
  }
  throw new UserError(
    `${file} is no certificate that can be read`,
    `restore it from your backup, or remove it: another one is made`,
  );
}
