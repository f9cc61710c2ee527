import { generateKey, hashKey, isSameHash, maskKey } from "../../../services/gateway/key-token";

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
