// The X.509 library needs it to be there first.
import "reflect-metadata";
import { randomBytes, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

/** A certificate and its key, as PEM. */
export interface Issued {
  readonly certificate: string;
  /** PKCS #8. */
  readonly key: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Browsers' limit is 398 days, and a clock may be behind: it begins before it is made. */
const LEAF_DAYS = 397;
const HEAD_START_MS = 60 * 60 * 1000;
const AUTHORITY_YEARS = 10;

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** Makes an authority that signs certificates for ten years. @param platform its name */
export async function makeAuthority(platform: string, now: Date): Promise<Issued> {
  const keys = await generateKeys();
  const notAfter = new Date(now);
  notAfter.setUTCFullYear(now.getUTCFullYear() + AUTHORITY_YEARS);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [`Sluice ${platform} CA ${randomBytes(3).toString("hex")}`] }],
    notBefore: new Date(now.getTime() - HEAD_START_MS),
    notAfter,
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return toPem(certificate, keys.privateKey);
}

/**
 * Makes a certificate for a server.
 * @param names host names and IP addresses; the first one is its subject
 */
export async function makeCertificate(
  authority: Issued,
  names: readonly [string, ...string[]],
  now: Date,
): Promise<Issued> {
  const keys = await generateKeys();
  const issuer = new X509Certificate(authority.certificate);
  const notBefore = new Date(now.getTime() - HEAD_START_MS);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    // Longer than this a common name cannot be; what counts are the alternative names.
    subject: [{ CN: [names[0].slice(0, 64)] }],
    issuer: issuer.subjectName,
    notBefore,
    notAfter: new Date(notBefore.getTime() + LEAF_DAYS * DAY_MS),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: await privateKey(authority.key),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) === 0 ? "dns" : "ip", value })),
      ),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer),
    ],
  });
  return toPem(certificate, keys.privateKey);
}

function generateKeys() {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

function privateKey(pem: string) {
  return webcrypto.subtle.importKey("pkcs8", PemConverter.decodeFirst(pem), ALGORITHM, false, ["sign"]);
}

async function toPem(certificate: X509Certificate, key: webcrypto.CryptoKey): Promise<Issued> {
  const bytes = await webcrypto.subtle.exportKey("pkcs8", key);
  return {
    certificate: `${certificate.toString("pem")}\n`,
    key: `${PemConverter.encode(bytes, "PRIVATE KEY")}\n`,
  };
}

/** Positive, as RFC 5280 has it, and not to be guessed. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = 0x40 | ((bytes[0] ?? 0) & 0x3f);
  return bytes.toString("hex");
}
