import { Encryption } from "../../../services/key-provisioner/encryption";
import { Secret } from "../../../services/shared/secret";

const [first, second] = [new Secret("sk-first-encryption-key"), new Secret("sk-second-encryption-key")];

test("opens what it closed, under the same name alone", () => {
  const encryption = new Encryption(first);
  const stored = encryption.encrypt("workspace-1", "sk-key");
  expect(encryption.decrypt("workspace-1", stored)).toBe("sk-key");
  expect(encryption.decrypt("workspace-2", stored)).toBeUndefined();
  expect(stored.toString("latin1")).not.toContain("sk-key");
  expect(encryption.encrypt("workspace-1", "sk-key").equals(stored)).toBe(false);
});

test("notices a change of any byte, and what is too short", () => {
  const encryption = new Encryption(first);
  const stored = encryption.encrypt("a", "sk-key");
  for (let index = 0; index < stored.length; index += 1) {
    const changed = Buffer.from(stored);
    changed[index] = (changed[index] ?? 0) ^ 1;
    expect(encryption.decrypt("a", changed)).toBeUndefined();
  }
  for (const length of [0, 1, 9, 20, 36])
    expect(encryption.decrypt("a", stored.subarray(0, length))).toBeUndefined();
  expect(encryption.decrypt("a", null)).toBeUndefined();
});

test("opens with the previous key what that closed, and nothing with another", () => {
  const stored = new Encryption(first).encrypt("a", "sk-key");
  const rotated = new Encryption(second, first);
  expect(rotated.decrypt("a", stored)).toBe("sk-key");
  expect(rotated.isCurrent(stored)).toBe(false);
  expect(rotated.isCurrent(rotated.encrypt("a", "x"))).toBe(true);
  expect(new Encryption(second).decrypt("a", stored)).toBeUndefined();
});
