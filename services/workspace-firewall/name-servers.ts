import { isIPv4 } from "node:net";

/** Where a name server may be that a private network has. */
const PRIVATE = ["10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"];

/**
 * The name servers that the engine may ask for its containers, in their network, so that their questions must pass. They are
 * those of the host's `resolv.conf`. Where that names the host itself (systemd-resolved), the real ones stand where no container sees them:
 * then they may be anywhere in private networks. Public ones need no rule of their own.
 */
export function nameServersOf(resolvConf: string): string[] {
  const named = [...resolvConf.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, address = ""]) => address);
  const elsewhere = named.filter((address) => isIPv4(address) && !address.startsWith("127."));
  return elsewhere.length > 0 ? [...new Set(elsewhere)] : PRIVATE;
}
