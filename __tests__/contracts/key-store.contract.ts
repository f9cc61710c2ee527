import { AliasTakenError, type KeyStore, KeyTakenError } from "../../services/gateway/store/key-store";
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

    test("asks the check about the key as it stands, and changes nothing when it throws", async () => {
      const { keyId } = await keys.create(newKey("sk-a-000000000000", { metadata: { level: 1 } }));
      await keys.update(keyId, "x", { metadata: { level: 2 } });
      const seen: unknown[] = [];
      const refusal = new Error("may not");
      const refuse = ({ metadata }: { readonly metadata: unknown }) => {
        seen.push(metadata);
        throw refusal;
      };
      const rotation = { tokenHash: "c".repeat(64), keyName: "sk-...cccc", previousValidUntil: null };
      for (const secret of [undefined, rotation])
        await expect(keys.update(keyId, "x", { metadata: {} }, secret, refuse)).rejects.toBe(refusal);
      expect(seen).toEqual([{ level: 2 }, { level: 2 }]);
      expect(keys.findById(keyId)).toMatchObject({ metadata: { level: 2 } });
      expect(keys.findByHash(rotation.tokenHash)).toBeUndefined();
      await expect(keys.update(keyId, "x", { rpmLimit: 1 }, undefined, () => {})).resolves.toMatchObject({
        rpmLimit: 1,
      });
      const missing = keys.update("00000000-0000-4000-8000-000000000000", "x", {}, undefined, refuse);
      await expect(missing).resolves.toBeUndefined();
      // What a check refused is not in use: the same secret can be taken later.
      await expect(keys.update(keyId, "x", {}, rotation)).resolves.toMatchObject(rotation);
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

    test("changes what is given, keeps the rest, and says who did it", async () => {
      const created = await keys.create(
        newKey("sk-a-000000000000", { keyAlias: "one", metadata: { a: 1 }, maxBudgetNanoUsd: 5 }),
      );
      const changes = {
        keyAlias: "two",
        isBlocked: true,
        models: ["m"],
        maxBudgetNanoUsd: null,
        budgetId: "b",
      };
      const updated = await keys.update(created.keyId, "somebody", changes);
      expect(updated).toMatchObject({
        ...created,
        ...changes,
        updatedBy: "somebody",
        updatedAt: expect.any(Date),
      });
      expect(keys.findById(created.keyId)).toEqual(updated);
      expect(keys.findByAlias("one")).toBeUndefined();
      expect([...keys.all()]).toEqual([updated]);
      await expect(keys.update(created.keyId, "somebody", {})).resolves.toMatchObject(changes);
      await expect(
        keys.update("00000000-0000-4000-8000-000000000000", "somebody", changes),
      ).resolves.toBeUndefined();
    });

    test("refuses a change to an alias that is in use", async () => {
      await keys.create(newKey("sk-a-000000000000", { keyAlias: "one" }));
      const { keyId } = await keys.create(newKey("sk-b-000000000000", { keyAlias: "two" }));
      await expect(keys.update(keyId, "x", { keyAlias: "one" })).rejects.toBeInstanceOf(AliasTakenError);
      await expect(keys.update(keyId, "x", { keyAlias: "two" })).resolves.toMatchObject({ keyAlias: "two" });
    });

    test("a new secret takes the place of the old one, which never comes back", async () => {
      const given = newKey("sk-a-000000000000", { keyAlias: "one" });
      const next = newKey("sk-b-000000000000");
      const { keyId } = await keys.create(given);
      const rotation = { tokenHash: next.tokenHash, keyName: next.keyName, previousValidUntil: null };
      const rotated = await keys.update(keyId, "x", { rpmLimit: 3 }, rotation);
      expect(rotated).toMatchObject({ keyId, keyAlias: "one", tokenHash: next.tokenHash, rpmLimit: 3 });
      expect(keys.findByHash(given.tokenHash)).toBeUndefined();
      expect(keys.findByHash(next.tokenHash)).toEqual(rotated);
      await expect(keys.create({ ...given, keyAlias: null })).rejects.toBeInstanceOf(KeyTakenError);
      await expect(
        keys.update(keyId, "x", {}, { ...rotation, tokenHash: given.tokenHash }),
      ).rejects.toBeInstanceOf(KeyTakenError);
    });

    test("a grace keeps the former secret, until the next rotation", async () => {
      const [a, b, c] = ["sk-a-000000000000", "sk-b-000000000000", "sk-c-000000000000"].map((raw) =>
        newKey(raw),
      );
      if (a === undefined || b === undefined || c === undefined) throw new Error("three keys");
      const { keyId } = await keys.create(a);
      const previousValidUntil = new Date("2035-01-01T00:00:00Z");
      const rotate = (to: typeof a) =>
        keys.update(keyId, "x", {}, { tokenHash: to.tokenHash, keyName: to.keyName, previousValidUntil });
      await rotate(b);
      expect(keys.findByHash(a.tokenHash)).toMatchObject({
        previousTokenHash: a.tokenHash,
        previousValidUntil,
      });
      await rotate(c);
      expect(keys.findByHash(a.tokenHash)).toBeUndefined();
      expect(keys.findByHash(b.tokenHash)?.keyId).toBe(keyId);
      await keys.delete([keyId]);
      expect(keys.findByHash(b.tokenHash)).toBeUndefined();
    });
  });
}
