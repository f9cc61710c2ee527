import type { VirtualKey } from "../../../../../../services/gateway/store/key-store";
import { KeyIndex } from "../../../../../../services/gateway/store/postgres/key-store";

const key = (keyId: string, fields: Partial<VirtualKey> = {}) =>
  ({
    keyId,
    tokenHash: `hash of ${keyId}`,
    previousTokenHash: null,
    keyAlias: null,
    ...fields,
  }) as VirtualKey;

test("a key is found by id, hash, former hash and alias, and by none of them once it is removed", () => {
  const index = new KeyIndex();
  const one = key("one", { previousTokenHash: "former", keyAlias: "alias" });
  index.put(one);
  const find = () => [
    index.findById("one"),
    index.findByHash("hash of one"),
    index.findByHash("former"),
    index.findByAlias("alias"),
  ];
  expect(find()).toEqual([one, one, one, one]);
  expect(index.remove("one")).toBe(one);
  expect(find()).toEqual([undefined, undefined, undefined, undefined]);
  expect(index.remove("one")).toBeUndefined();
});

test("another state takes the place of the former one under all its names", () => {
  const index = new KeyIndex();
  index.put(key("one", { keyAlias: "before" }));
  index.put(key("one", { tokenHash: "rotated", keyAlias: "after" }));
  expect([index.findByHash("hash of one"), index.findByAlias("before")]).toEqual([undefined, undefined]);
  expect(index.findByHash("rotated")).toBe(index.findByAlias("after"));
});

test("a key that is removed does not take along the names that another one has by now", () => {
  const index = new KeyIndex();
  const names = { tokenHash: "hash", previousTokenHash: "former", keyAlias: "alias" };
  index.put(key("old", names));
  const current = key("new", names);
  index.put(current);
  index.remove("old");
  expect([index.findByHash("hash"), index.findByHash("former"), index.findByAlias("alias")]).toEqual([
    current,
    current,
    current,
  ]);
});
