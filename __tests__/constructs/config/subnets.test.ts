import { overlap, subnetFault } from "../../../constructs/config/subnets";

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
  else expect(fault).toContain(expected);
});
