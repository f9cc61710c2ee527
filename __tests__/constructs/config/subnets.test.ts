import { formatFinding } from "../../../constructs/config/finding";
import {
  isPartOf,
  networkOf,
  overlap,
  privateNetworkFault,
  subnetFault,
} from "../../../constructs/config/subnets";

it.each([
  ["10.1.0.0/16", "10.1.2.0/24", true],
  ["10.1.2.0/24", "10.1.0.0/16", true],
  ["10.1.0.0/24", "10.1.1.0/24", false],
  ["255.255.255.0/24", "255.255.255.128/25", true],
  ["10.80.1.0/24", "10.80.1.0/24", true],
  ["10.80.0.0/16", "10.80.1.0/24", true],
  ["10.80.1.0/24", "10.80.0.0/16", true],
  ["10.80.1.0/24", "10.80.2.0/24", false],
  ["10.80.1.128/25", "10.80.1.0/25", false],
  ["10.80.1.0/24", "fd00::/64", false],
  ["no subnet", "10.0.0.0/8", false],
  ["10.0.0.0/33", "10.0.0.0/8", false],
])("%s and %s share an address: %s", (one, other, expected) => expect(overlap(one, other)).toBe(expected));

it.each([
  ["10.80.1.0/24", undefined],
  ["192.168.4.0/28", undefined],
  ["100.64.0.0/16", undefined],
  ["8.8.0.0/16", "addresses that are not private"],
  ["172.0.0.0/8", "addresses that are not private"],
  ["not a subnet", undefined],
  ["10.80.1.7/24", "write 10.80.1.0/24"],
  ["10.0.0.0/7", "is too large"],
  ["10.80.1.0/31", "is too small"],
  ["127.3.0.0/16", "addresses of each host itself"],
  ["169.254.0.0/24", "metadata services"],
  ["230.0.0.0/24", "multicast"],
])("the fault of %s is %s", (subnet, expected) => {
  const fault = subnetFault(subnet);
  if (expected === undefined) expect(fault).toBeUndefined();
  else expect(formatFinding(fault ?? { problem: "none" })).toContain(expected);
});

it.each([
  ["10.1.2.0/24", "10.1.0.0/16", true],
  ["10.1.0.0/16", "10.1.0.0/16", true],
  ["10.1.0.0/16", "10.1.2.0/24", false],
  ["10.2.0.0/24", "10.1.0.0/16", false],
  ["no network", "10.1.0.0/16", false],
])("%s is a part of %s: %s", (one, other, expected) => expect(isPartOf(one, other)).toBe(expected));

it.each([
  ["10.0.0.7/8", "10.0.0.0/8"],
  ["10.8.1.1/32", "10.8.1.1/32"],
  ["fd00::1/8", undefined],
  ["10.0.0.7", undefined],
])("the network of %s is %s", (text, expected) => expect(networkOf(text)).toBe(expected));

it.each([
  ["172.31.255.0/24", undefined],
  ["not a network", undefined],
  ["172.32.0.0/16", "addresses that are not private"],
  ["169.254.0.0/15", "addresses that are not private"],
  ["169.254.169.254/32", "metadata services"],
  ["192.168.1.7/24", "write 192.168.1.0/24, or 192.168.1.7/32"],
])("what keeps workspaces out of %s is %s", (network, expected) => {
  const fault = privateNetworkFault(network);
  if (expected === undefined) expect(fault).toBeUndefined();
  else expect(formatFinding(fault ?? { problem: "none" })).toContain(expected);
});
