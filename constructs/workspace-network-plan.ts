import { createHash } from "node:crypto";

/** Names and addresses of the workspaces network: fixed, so that rules can name them and hold after every restart. */
export interface NetworkPlan {
  /** Name of the bridge on the host; also of the firewall's tables. */
  readonly bridge: string;
  readonly subnet: string;
  /** Address of the host on the bridge. */
  readonly gateway: string;
  /** The upper half of the subnet, from which the engine gives addresses to workspaces. */
  readonly memberRange: string;
  /** Address of one of our services, in the lower half: `place` counts from 2 on. @throws Error when the half is too small */
  readonly serviceAddress: (place: number) => string;
}

/** Of 10.200.0.0 to 10.249.255.255: away from what the engine takes by itself (172.17–31, 192.168) and from common LANs. */
const FIRST_ADDRESS = 10 * 2 ** 24 + 200 * 2 ** 16;
const DEFAULT_PREFIX_LENGTH = 20;
const DEFAULT_SUBNETS = (50 * 2 ** 16) / 2 ** (32 - DEFAULT_PREFIX_LENGTH);

/**
 * Plans the network.
 * @param platform the platform's name; bridge and default subnet come from its hash
 * @param subnet IPv4 subnet, `/16` to `/28`. @default a /20 by the platform's name
 */
export function planWorkspaceNetwork(platform: string, subnet?: string): NetworkPlan {
  const digest = createHash("sha256").update(platform).digest();
  const chosen = subnet ?? defaultSubnet(digest.readUInt32BE(4) % DEFAULT_SUBNETS);
  const [address = "", length = ""] = chosen.split("/");
  const size = 2 ** (32 - Number(length));
  const first = Math.floor(toNumber(address) / size) * size;
  return {
    // Interface names have 15 characters at most.
    bridge: `sluice-${digest.subarray(0, 4).toString("hex")}`,
    subnet: `${toText(first)}/${length}`,
    gateway: toText(first + 1),
    memberRange: `${toText(first + size / 2)}/${Number(length) + 1}`,
    serviceAddress: (place) => {
      if (place < 2 || place >= size / 2)
        throw new Error(`place ${place} is not in the lower half of ${subnet}`);
      return toText(first + place);
    },
  };
}

function defaultSubnet(index: number): string {
  return `${toText(FIRST_ADDRESS + index * 2 ** (32 - DEFAULT_PREFIX_LENGTH))}/${DEFAULT_PREFIX_LENGTH}`;
}

function toNumber(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

function toText(address: number): string {
  return [24, 16, 8, 0].map((bits) => Math.floor(address / 2 ** bits) % 256).join(".");
}
