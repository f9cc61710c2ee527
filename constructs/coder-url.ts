import type { PlatformConfig } from "./config/schema";

/**
 * Coder, as the host of the platform reaches it: without TLS, whose certificate only people's browsers have to trust, on a port that
 * is published to this host.
 */
export function coderUrl({ ports }: Pick<PlatformConfig, "ports">): string {
  const port = ports["coderHttp"] ?? 7080;
  return `http://127.0.0.1:${port}`;
}
