import { createHash, createHmac } from "node:crypto";
import type { AwsKeys } from "../deployment";

const ALGORITHM = "AWS4-HMAC-SHA256";

/** A request that AWS must be able to attribute. */
export interface UnsignedRequest {
  readonly method: string;
  /** Exactly as it will be sent: its path already percent-encoded. */
  readonly url: URL;
  /** Names in lower case; all of them become part of the signature. `host` is added. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
  readonly region: string;
  /** Name of the service in AWS's credential scope, such as `bedrock`. */
  readonly service: string;
}

/**
 * Signature Version 4 in the `authorization` header. Source: "Create a signed AWS API request", IAM User Guide.
 * @param nowMs milliseconds since 1970; AWS refuses what is more than five minutes off
 * @returns the headers to send, the given ones included; `host` is not among them, it follows from the URL
 */
export function signRequest(request: UnsignedRequest, keys: AwsKeys, nowMs: number): Record<string, string> {
  const date = new Date(nowMs).toISOString().replace(/\.\d{3}|[:-]/g, "");
  const headers: Record<string, string> = { ...request.headers, "x-amz-date": date };
  if (keys.sessionToken !== undefined) headers["x-amz-security-token"] = keys.sessionToken.expose();
  const signed = Object.entries({ ...headers, host: request.url.host }).sort(([a], [b]) => (a < b ? -1 : 1));
  const signedNames = signed.map(([name]) => name).join(";");
  const canonicalRequest = [
    request.method,
    canonicalPath(request.url.pathname),
    canonicalQuery(request.url.searchParams),
    ...signed.map(([name, value]) => `${name}:${value.trim().replace(/ +/g, " ")}`),
    "",
    signedNames,
    sha256(request.body),
  ].join("\n");
  const scope = [date.slice(0, 8), request.region, request.service, "aws4_request"];
  const toSign = [ALGORITHM, date, scope.join("/"), sha256(canonicalRequest)].join("\n");
  const key = scope.reduce<string | Buffer>(
    (secret, part) => hmac(secret, part),
    `AWS4${keys.secretAccessKey.expose()}`,
  );
  const credential = `${keys.accessKeyId.expose()}/${scope.join("/")}`;
  const signature = hmac(key, toSign).toString("hex");
  return {
    ...headers,
    authorization: `${ALGORITHM} Credential=${credential}, SignedHeaders=${signedNames}, Signature=${signature}`,
  };
}

/** Encoded once more than it is sent, so `%3A` becomes `%253A`: the rule of every service but S3. */
function canonicalPath(path: string): string {
  return path.split("/").map(encode).join("/");
}

function canonicalQuery(query: URLSearchParams): string {
  return [...query]
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

/** Everything but RFC 3986's unreserved characters. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

const sha256 = (content: string | Buffer) => createHash("sha256").update(content).digest("hex");
const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text, "utf8").digest();
