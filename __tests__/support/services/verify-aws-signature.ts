import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** Keys that a fake of AWS knows. */
export interface KnownKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/;
const MAX_SKEW_MS = 5 * 60_000;

/**
 * Checks Signature Version 4 the way the receiving side does: from the request as it came in, knowing nothing of
 * how it was made.
 * @returns why it is refused, as an AWS exception and its text; `undefined` when it is right
 */
export function verifyAwsSignature(
  request: IncomingMessage,
  body: Buffer,
  keys: KnownKeys,
  expected: { readonly region: string; readonly service: string },
): readonly [exception: string, message: string] | undefined {
  const match = AUTHORIZATION.exec(request.headers.authorization ?? "");
  if (match === null) return ["IncompleteSignatureException", "authorization header"];
  const [, id = "", day = "", region = "", service = "", names = "", signature = ""] = match;
  if (id !== keys.accessKeyId) return ["UnrecognizedClientException", "unknown access key"];
  if (region !== expected.region || service !== expected.service)
    return ["InvalidSignatureException", "scope"];
  const date = String(request.headers["x-amz-date"]);
  const parsed = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date);
  if (parsed === null || date.slice(0, 8) !== day) return ["InvalidSignatureException", "date"];
  const [year = 0, month = 1, ...rest] = parsed.slice(1).map(Number);
  if (Math.abs(Date.UTC(year, month - 1, ...rest) - Date.now()) > MAX_SKEW_MS)
    return ["InvalidSignatureException", "Signature expired"];
  if (request.headers["x-amz-security-token"] !== keys.sessionToken)
    return ["UnrecognizedClientException", "The security token included in the request is invalid"];

  const signed = names.split(";");
  const amz = Object.keys(request.headers).filter((name) => name.startsWith("x-amz-"));
  for (const name of ["host", ...amz]) {
    if (!signed.includes(name)) return ["InvalidSignatureException", `${name} is not signed`];
  }
  const [path = "", query = ""] = (request.url ?? "").split("?");
  let canonical = `${request.method}\n${encodeBytes(path)}\n${query}\n`;
  for (const name of signed) canonical += `${name}:${String(request.headers[name]).trim()}\n`;
  canonical += `\n${names}\n${createHash("sha256").update(body).digest("hex")}`;

  const scope = `${day}/${region}/${service}/aws4_request`;
  const hash = createHash("sha256").update(canonical).digest("hex");
  let key: Buffer = Buffer.from(`AWS4${keys.secretAccessKey}`);
  for (const part of scope.split("/")) key = createHmac("sha256", key).update(part).digest();
  const right = createHmac("sha256", key)
    .update(`AWS4-HMAC-SHA256\n${date}\n${scope}\n${hash}`)
    .digest("hex");
  return right === signature
    ? undefined
    : ["InvalidSignatureException", "The request signature does not match"];
}

/** All bytes but the unreserved ones and the slash, one by one. */
function encodeBytes(path: string): string {
  let encoded = "";
  for (const byte of Buffer.from(path)) {
    const character = String.fromCharCode(byte);
    encoded += /[A-Za-z0-9._~/-]/.test(character)
      ? character
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}
