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

/** The gateway's own address and a few containers need this many bits; a /7 or larger is a mistake. */
const PREFIX = { min: 8, max: 28 };

/** Do two subnets, such as `10.0.0.0/8` and `10.80.1.0/24`, share an address? What is no subnet shares none. */
export function overlap(one: string, other: string): boolean {
  const [a, b] = [rangeOf(one), rangeOf(other)];
  return a !== undefined && b !== undefined && a.first <= b.last && b.first <= a.last;
}

/** Why Docker would refuse a subnet, or could not use it; `undefined` for a good one, and for what is none at all. */
export function subnetFault(subnet: string): string | undefined {
  const range = rangeOf(subnet);
  if (range === undefined) return undefined;
  const prefix = Number(subnet.split("/")[1]);
  const network = `${showAddress(range.first)}/${prefix}`;
  if (prefix < PREFIX.min || prefix > PREFIX.max) {
    return `is too ${prefix < PREFIX.min ? "large" : "small"}; allowed: /${PREFIX.min} to /${PREFIX.max}; remedy: write one such as ${showAddress(range.first)}/24`;
  }
  if (subnet !== network) {
    return `is an address inside a subnet; allowed: the subnet's own; remedy: write ${network}`;
  }
  const [, what] = UNUSABLE.find(([unusable]) => overlap(unusable, subnet)) ?? [];
  if (what === undefined) return undefined;
  return `has ${what}; allowed: private addresses; remedy: write one such as 10.80.1.0/24`;
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
