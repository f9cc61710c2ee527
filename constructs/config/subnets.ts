import type { Fault } from "./finding";

/** Addresses of an IPv4 subnet as whole numbers, both ends included. */
interface Range {
  readonly first: number;
  readonly last: number;
}

/** What a network of containers cannot be made of, and why. */
const UNUSABLE: readonly (readonly [subnet: string, what: string])[] = [
  ["0.0.0.0/8", "no addresses of hosts"],
  ["127.0.0.0/8", "addresses of each host itself"],
  ["169.254.0.0/16", "link-local addresses, metadata services among them"],
  ["224.0.0.0/3", "multicast and reserved addresses"],
];

/** Addresses that are nobody's on the internet (RFC 1918). */
const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];
/** Addresses that providers give to many (RFC 6598), VPNs and the metadata service of a cloud among them. */
const SHARED = "100.64.0.0/10";

/** The gateway's own address and a few containers need this many bits; a /7 or larger is a mistake. */
const PREFIX = { min: 8, max: 28 };

/** Do two subnets, such as `10.0.0.0/8` and `10.80.1.0/24`, share an address? What is no subnet shares none. */
export function overlap(one: string, other: string): boolean {
  const [a, b] = [rangeOf(one), rangeOf(other)];
  return a !== undefined && b !== undefined && a.first <= b.last && b.first <= a.last;
}

/** Are all addresses of `one` in `other` as well? */
export function isPartOf(one: string, other: string): boolean {
  const range = rangeOf(one);
  return range !== undefined && surrounds(other, range);
}

/** Why Docker would refuse a subnet, or could not use it; `undefined` for a good one, and for what is none at all. */
export function subnetFault(subnet: string): Fault | undefined {
  const range = rangeOf(subnet);
  if (range === undefined) return undefined;
  const prefix = Number(subnet.split("/")[1]);
  const network = networkOf(subnet);
  if (prefix < PREFIX.min || prefix > PREFIX.max) {
    return {
      problem: `is too ${prefix < PREFIX.min ? "large" : "small"}`,
      allowed: `/${PREFIX.min} to /${PREFIX.max}`,
      remedy: `write one such as ${showAddress(range.first)}/24`,
    };
  }
  if (subnet !== network) {
    return {
      problem: "is an address inside a subnet",
      allowed: "the subnet's own",
      remedy: `write ${network}`,
    };
  }
  const what = addressesOutside([...PRIVATE, SHARED], range);
  if (what === undefined) return undefined;
  return {
    problem: `has ${what}`,
    allowed: `subnets within ${PRIVATE.join(", ")} or ${SHARED}`,
    remedy: "write one such as 10.80.1.0/24",
  };
}

/** Why workspaces may not be let into a network; `undefined` for a private one, and for what is no network at all. */
export function privateNetworkFault(network: string): Fault | undefined {
  const range = rangeOf(network);
  if (range === undefined) return undefined;
  const what = addressesOutside(PRIVATE, range);
  if (what !== undefined) {
    const within = `${PRIVATE.slice(0, -1).join(", ")} or ${PRIVATE.at(-1)}`;
    return {
      problem: `has ${what}`,
      allowed: `networks within ${within}`,
      remedy: "write one such as 10.9.0.0/16",
    };
  }
  const own = networkOf(network);
  if (network === own) return undefined;
  const [address] = network.split("/");
  return {
    problem: "is an address inside a network",
    allowed: "the network's own",
    remedy: `write ${own}, or ${address}/32 for that address alone`,
  };
}

/** The network of an address: `10.0.0.7/8` → `10.0.0.0/8`; `undefined` for what is not IPv4. */
export function networkOf(text: string): string | undefined {
  const range = rangeOf(text);
  return range === undefined ? undefined : `${showAddress(range.first)}/${text.split("/")[1]}`;
}

/** What a range has that is in none of `networks`; `undefined` where it lies within one. */
function addressesOutside(networks: readonly string[], range: Range): string | undefined {
  if (networks.some((network) => surrounds(network, range))) return undefined;
  return UNUSABLE.find(([unusable]) => surrounds(unusable, range))?.[1] ?? "addresses that are not private";
}

function surrounds(network: string, { first, last }: Range): boolean {
  const range = rangeOf(network);
  return range !== undefined && range.first <= first && last <= range.last;
}

function rangeOf(subnet: string): Range | undefined {
  const [, address = "", bits = ""] = /^(\d+(?:\.\d+){3})\/(\d{1,2})$/.exec(subnet) ?? [];
  const octets = address.split(".").map(Number);
  if (octets.length !== 4 || octets.some((octet) => octet > 255) || Number(bits) > 32) return undefined;
  const number = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  const size = 2 ** (32 - Number(bits));
  const first = number - (number % size);
  return { first, last: first + size - 1 };
}

function showAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}
