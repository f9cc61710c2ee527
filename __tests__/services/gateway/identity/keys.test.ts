import {
  generateKey,
  hashKey,
  isSameHash,
  MasterKeys,
  maskKey,
  ProvisionerToken,
} from "../../../../services/gateway/identity/keys";
import { Secret } from "../../../../services/shared/secret";

describe("key token", () => {
  test("a key is sk- and 22 characters, never twice the same", () => {
    const keys = Array.from({ length: 100 }, generateKey);
    for (const key of keys) expect(key).toMatch(/^sk-[\w-]{22}$/);
    expect(new Set(keys).size).toBe(100);
  });

  test("what is shown of a key is its end, and of a short one nothing", () => {
    expect(maskKey("sk-0123456789abcdef")).toBe("sk-...cdef");
    expect(maskKey("sk-short")).toBe("sk-...");
  });

  test("compares keys of any length", () => {
    expect(isSameHash(hashKey("sk-a"), hashKey("sk-a"))).toBe(true);
    expect(isSameHash(hashKey("sk-a"), hashKey("sk-ab"))).toBe(false);
    expect(isSameHash(hashKey(""), hashKey("sk-ab"))).toBe(false);
  });

  test("a hash is SHA-256 in hex", () => {
    expect(hashKey("sk-1234")).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("master keys", () => {
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
});

describe("the key-provisioner's token", () => {
  test("is followed when it changes, and is nobody's when there is none", () => {
    const token = new ProvisionerToken(new Secret("sk-first-provisioner"));
    expect(token.find(hashKey("sk-first-provisioner"))).toMatchObject({
      name: "key-provisioner",
      role: "provisioner",
    });
    token.replace(new Secret("sk-second-provisioner"));
    expect(token.find(hashKey("sk-first-provisioner"))).toBeUndefined();
    expect(token.find(hashKey("sk-second-provisioner"))?.tokenName).toBe("sk-...oner");
    token.replace(undefined);
    expect(token.find(hashKey("sk-second-provisioner"))).toBeUndefined();
    expect(token.find(hashKey(""))).toBeUndefined();
  });
});
