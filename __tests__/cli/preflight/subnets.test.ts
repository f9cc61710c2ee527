import { overlaps } from "../../../cli/preflight/subnets";

it.each<[string, string, boolean]>([
  ["10.80.1.0/24", "10.80.1.0/24", true],
  ["10.80.0.0/16", "10.80.1.0/24", true],
  ["10.80.1.0/24", "10.80.0.0/16", true],
  ["10.80.1.0/24", "10.80.2.0/24", false],
  ["10.80.1.128/25", "10.80.1.0/25", false],
  ["10.80.1.0/24", "fd00::/64", false],
])("%s and %s overlap: %s", (one, other, expected) => expect(overlaps(one, other)).toBe(expected));
