import { isIPv6 } from "node:net";
import type { PlatformConfig } from "./config/schema";
import { CODER } from "./services/coder";

/**
 * Address of a published port for commands on this host, without TLS.
 * @param setting of the port under `ports`
 */
export function localUrl(
  { exposure, ports }: Pick<PlatformConfig, "exposure" | "ports">,
  setting: string,
): string {
  const port = ports[setting];
  if (port === undefined) throw new Error(`ports.${setting} has no value`);
  // A port that is published to one address is not on the loopback.
  const address = exposure.address === "0.0.0.0" ? "127.0.0.1" : exposure.address;
  return `http://${isIPv6(address) ? `[${address}]` : address}:${port}`;
}

/** Coder, as commands on this host reach it: only people's browsers have to trust its certificate. */
export function coderUrl(config: Pick<PlatformConfig, "exposure" | "ports">): string {
  return localUrl(config, CODER.port.setting);
}
