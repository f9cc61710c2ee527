import { generateKeyBody, keyListQuery } from "../../../../../services/gateway/admin/keys/bodies";
import {
  describeKey,
  describeKeyWithToken,
  describeNewKey,
  findKey,
  listKeys,
  makeKey,
  requireKey,
} from "../../../../../services/gateway/admin/keys/keys";
import { hashKey, MasterKeys } from "../../../../../services/gateway/identity/keys";
import { Secret } from "../../../../../services/shared/secret";
import { virtualKey } from "../../../../support/services/holders";
import { newKey } from "../../../../support/services/test-gateway";
import { MemoryKeyStore } from "../../../../support/stores/key-store";

const RAW = "sk-a-key-of-somebody-1";
const NOW = Date.parse("2026-02-03T10:00:00Z");

describe("a key in an answer", () => {
  const key = virtualKey({ ...newKey(RAW), maxBudgetNanoUsd: 2_500_000_000, expiresAt: new Date(NOW) });

  it("has amounts in USD and times as text, and neither itself nor its hash", () => {
    const shown = describeKey(key, 1_500_000_000);
    expect(shown).toMatchObject({
      key_id: key.keyId,
      spend: 1.5,
      max_budget: 2.5,
      expires: "2026-02-03T10:00:00.000Z",
      blocked: false,
      rpm_limit: null,
    });
    expect(JSON.stringify(shown)).not.toContain(RAW);
    expect(JSON.stringify(shown)).not.toContain(key.tokenHash);
  });

  it("has no limit and no end when it has none", () => {
    expect(describeKey(virtualKey(), 0)).toMatchObject({ max_budget: null, expires: null, spend: 0 });
  });

  it("has its hash for whoever manages keys, and itself for whoever made it alone", () => {
    expect(describeKeyWithToken(key, 0)).toMatchObject({ token: hashKey(RAW) });
    expect(describeKeyWithToken(key, 0)).not.toHaveProperty("key");
    expect(describeNewKey(RAW, key, 0)).toMatchObject({ key: RAW, token_id: hashKey(RAW) });
  });
});

describe("a key that a call names", () => {
  let keys: MemoryKeyStore;
  let keyId: string;
  beforeEach(async () => {
    keys = new MemoryKeyStore();
    ({ keyId } = await keys.create(newKey(RAW, { keyAlias: "alias" })));
  });

  it("is found by itself, by its hash and by its id", () => {
    for (const reference of [RAW, hashKey(RAW), keyId]) expect(findKey(keys, reference)?.keyId).toBe(keyId);
    for (const reference of ["sk-another", "alias", ""]) expect(findKey(keys, reference)).toBeUndefined();
  });

  it("is found by its alias where no key is named", () => {
    expect(requireKey(keys, { key_alias: "alias" }).keyId).toBe(keyId);
    expect(requireKey(keys, { key: keyId, key_alias: "unknown" }).keyId).toBe(keyId);
  });

  it.each([{}, { key: "sk-another" }, { key_alias: "unknown" }, { key: "sk-another", key_alias: "alias" }])(
    "is 404 when %j names none, and 503 while keys are not loaded",
    (reference) => {
      expect(() => requireKey(keys, reference)).toThrow(
        expect.objectContaining({ status: 404, message: "Key not found in database" }),
      );
      const loading = { ...keys, isReady: false, findByHash: () => undefined, findById: () => undefined };
      expect(() =>
        requireKey({ ...loading, findByAlias: () => undefined } as unknown as MemoryKeyStore, reference),
      ).toThrow(expect.objectContaining({ status: 503 }));
    },
  );
});

describe("making a key", () => {
  const masterKeys = new MasterKeys({ now: () => NOW }, new Secret("sk-master-key-of-tests"));
  const makerOf = (keys: MemoryKeyStore) => ({ keys, masterKeys, now: NOW, createdBy: "ada" });
  const settings = (body: object) => generateKeyBody.parse(body);

  it("keeps its hash and its mask, and gives the secret back", async () => {
    const keys = new MemoryKeyStore();
    const { raw, key } = await makeKey(makerOf(keys), settings({ duration: "1h", models: null }));
    expect(raw).toMatch(/^sk-[\w-]{22}$/);
    expect(key).toMatchObject({ tokenHash: hashKey(raw), keyName: `sk-...${raw.slice(-4)}`, models: [] });
    expect(key.expiresAt).toEqual(new Date(NOW + 3_600_000));
    expect(key.createdBy).toBe("ada");
    expect(JSON.stringify(key)).not.toContain(raw);
    expect(findKey(keys, raw)).toEqual(key);
  });

  it("takes a secret of the caller's choice, but never the master key", async () => {
    const maker = makerOf(new MemoryKeyStore());
    expect((await makeKey(maker, settings({}), RAW)).raw).toBe(RAW);
    await expect(makeKey(maker, settings({}), "sk-master-key-of-tests")).rejects.toMatchObject({
      status: 400,
      message: "This key already exists.",
    });
  });
});

describe("a list of keys", () => {
  const key = (keyId: string, props: object) => virtualKey({ keyId, ...props });
  const at = (second: number) => new Date(NOW + second * 1000);
  const keys = [
    key("a", { createdAt: at(1), updatedAt: at(9), keyAlias: "B", userId: "ada" }),
    key("b", { createdAt: at(1), updatedAt: at(8), keyAlias: "a", userId: "bob", isBlocked: true }),
    key("c", { createdAt: at(3), updatedAt: at(7), userId: "ada" }),
  ];
  const list = async (query: object) => {
    const { page, total } = await listKeys(keys, keyListQuery.parse(query));
    return [page.map(({ keyId }) => keyId).join(""), total];
  };

  it.each([
    [{}, "cba"],
    [{ sort_order: "asc" }, "abc"],
    [{ sort_by: "updated_at", sort_order: "asc" }, "cba"],
    [{ sort_by: "key_alias", sort_order: "asc" }, "cab"],
    [{ sort_by: "user_id", sort_order: "asc" }, "acb"],
  ])("with %j is in the order %s", async (query, order) => {
    expect(await list(query)).toEqual([order, 3]);
  });

  it.each([
    [{ user_id: "ada" }, "ca", 2],
    [{ user_id: "ada", key_alias: "B" }, "a", 1],
    [{ blocked: "true" }, "b", 1],
    [{ blocked: "false" }, "ca", 2],
    [{ key_hash: "unknown" }, "", 0],
    [{ page: "2", size: "2" }, "a", 3],
    [{ page: "3", size: "2" }, "", 3],
  ])("with %j holds %j of %i", async (query, page, total) => {
    expect(await list(query)).toEqual([page, total]);
  });
});
