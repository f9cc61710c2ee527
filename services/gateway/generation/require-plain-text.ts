import type { IncomingHttpHeaders } from "node:http";
import { GatewayError } from "../errors";

/** Names of UTF-8, and of the part of it that is the same in most encodings. */
const UTF_8: ReadonlySet<string> = new Set(["utf-8", "utf8", "us-ascii"]);
const CHARSET = /;\s*charset\s*=\s*"?([^\s;"]*)/gi;

/**
 * Holds a body to be what its bytes say: not compressed, and in UTF-8. Another reader who goes by the headers would
 * otherwise read something else in the same bytes.
 * @throws GatewayError 415
 */
export function requirePlainText(headers: IncomingHttpHeaders): void {
  const coding = headers["content-encoding"]?.trim().toLowerCase();
  if (coding !== undefined && coding !== "" && coding !== "identity") {
    throw unsupported("content-encoding", "send the body as it is, not compressed, without content-encoding");
  }
  for (const [, charset = ""] of headers["content-type"]?.matchAll(CHARSET) ?? []) {
    if (!UTF_8.has(charset.toLowerCase()))
      throw unsupported("content-type", "send the body in UTF-8, as application/json");
  }
}

const unsupported = (header: string, remedy: string) =>
  new GatewayError(415, "invalid_request_error", `${header} is not supported; ${remedy}.`, {
    code: "unsupported_media_type",
    param: header,
  });
