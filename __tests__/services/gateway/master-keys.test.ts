import { hashKey } from "../../../services/gateway/key-token";
import { MasterKeys } from "../../../services/gateway/master-keys";
import { Secret } from "../../../services/gateway/secret";

const END = Date.parse("2027-01-02T00:00:00Z");
const previous = { key: new Secret("sk-former-master-key"), validUntil: new Date(END) };

let nowMs: number;
const make = () => new MasterKeys({ now: () => nowMs }, new Secret("sk-present-master-key"), previous);

beforeEach(() => {
  nowMs = END - 1;
});

test("the previous one is valid until its grace ends, by the clock of all gateways", () => {
  const keys = make();
  expect(keys.find(hashKey("sk-present-master-key"))).toBe("current");
  expect(keys.find(hashKey("sk-former-master-key"))).toBe("previous");
  expect(keys.find(hashKey("sk-another"))).toBeUndefined();
  nowMs = END;
  expect(keys.find(hashKey("sk-former-master-key"))).toBeUndefined();
  expect(keys.find(hashKey("sk-present-master-key"))).toBe("current");
});

test("no virtual key may be one of them, not even after the grace", () => {
  const keys = make();
  nowMs = END + 1;
  expect(keys.includes("sk-former-master-key")).toBe(true);
  expect(keys.includes("sk-present-master-key")).toBe(true);
  expect(keys.includes("sk-another")).toBe(false);
});

test("others in their place hold at once", () => {
  const keys = make();
  keys.replace(new Secret("sk-next-master-key"), undefined);
  expect(keys.find(hashKey("sk-next-master-key"))).toBe("current");
  expect(keys.find(hashKey("sk-present-master-key"))).toBeUndefined();
  expect(keys.find(hashKey("sk-former-master-key"))).toBeUndefined();
});
