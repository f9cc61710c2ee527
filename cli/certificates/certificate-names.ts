import type { PlatformConfig } from "../../constructs/config/schema";
import { CODER } from "../../constructs/services/coder";

/** Names under which the platform is reached with TLS: by people, from its own machine, and from containers. The access host is the first. */
export function certificateNames({
  access,
  coder,
}: Pick<PlatformConfig, "access" | "coder">): [string, ...string[]] {
  const { wildcardHost } = coder;
  const others = [
    ...(wildcardHost === undefined ? [] : [wildcardHost]),
    "localhost",
    "127.0.0.1",
    CODER.name,
    "host.docker.internal",
  ];
  return [access.host, ...others.filter((name) => name !== access.host)];
}
