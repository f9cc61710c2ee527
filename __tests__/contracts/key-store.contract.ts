import { AliasTakenError, type KeyStore, KeyTakenError } from "../../services/gateway/ports/key-store";
import { newKey } from "../support/services/test-gateway";

/** What every key store does. `open` gives an empty one that is ready. */
export function describeKeyStore(name: string, open: () => Promise<KeyStore>): void {
  describe(`key store: ${name}`, () => {
    let keys: KeyStore;
    beforeEach(async () => {
      keys = await open();
    });

    test("finds a key by hash and by alias as soon as it is made", async () => {
      const given = newKey("sk-one-0000000000", {
        keyAlias: "workspace-1",
        userId: "ada",
        models: ["claude-sonnet-4-5"],
        metadata: { scope: "workspace", nested: { level: 1 } },
        expiresAt: new Date("2030-01-01T00:00:00Z"),
        maxBudgetNanoUsd: 10_000_000_001,
        budgetDuration: "30d",
        rpmLimit: 60,
        tpmLimit: 3_000_000_000,
        maxParallelRequests: 0,
      });
      const created = await keys.create(given);
      expect(created).toMatchObject({ ...given, isBlocked: false });
      expect(created.keyId).toMatch(/^[0-9a-f-]{36}$/);
      expect(keys.findByHash(given.tokenHash)).toEqual(created);
      expect(keys.findByAlias("workspace-1")).toEqual(created);
      expect(keys.isReady).toBe(true);
    });

    test("finds nothing for what does not exist", () => {
      expect(keys.findByHash("0".repeat(64))).toBeUndefined();
      expect(keys.findByAlias("nobody")).toBeUndefined();
    });

    test("refuses an alias that is in use, also when two come at once", async () => {
      const results = await Promise.allSettled(
        ["sk-a-000000000000", "sk-b-000000000000"].map((raw) =>
          keys.create(newKey(raw, { keyAlias: "same" })),
        ),
      );
      expect(results.map((result) => result.status).sort()).toEqual(["fulfilled", "rejected"]);
      const refused = results.find((result) => result.status === "rejected");
      expect(refused?.reason).toBeInstanceOf(AliasTakenError);
    });

    test("lets any number of keys have no alias", async () => {
      await keys.create(newKey("sk-a-000000000000"));
      await expect(keys.create(newKey("sk-b-000000000000"))).resolves.toMatchObject({ keyAlias: null });
    });

    test("refuses a key that exists", async () => {
      await keys.create(newKey("sk-a-000000000000"));
      await expect(keys.create(newKey("sk-a-000000000000"))).rejects.toBeInstanceOf(KeyTakenError);
    });

    test("forgets a deleted key at once and frees its alias, but never takes the same key again", async () => {
      const given = newKey("sk-a-000000000000", { keyAlias: "again" });
      const created = await keys.create(given);
      await expect(keys.delete([created.keyId])).resolves.toMatchObject([{ keyId: created.keyId }]);
      expect(keys.findByHash(given.tokenHash)).toBeUndefined();
      expect(keys.findByAlias("again")).toBeUndefined();
      const successor = await keys.create(newKey("sk-b-000000000000", { keyAlias: "again" }));
      expect(successor.keyId).not.toBe(created.keyId);
      await expect(keys.create(given)).rejects.toBeInstanceOf(Error);
    });

    test("deletes what exists of a list", async () => {
      const created = await keys.create(newKey("sk-a-000000000000"));
      await expect(
        keys.delete([created.keyId, "00000000-0000-4000-8000-000000000000"]),
      ).resolves.toHaveLength(1);
      await expect(keys.delete([created.keyId])).resolves.toHaveLength(0);
    });
  });
}
