import { type AdminTokenStore, TokenNameTakenError } from "../../services/gateway/store/admin-token-store";
import {
  type NamedBudgetStore,
  NamedBudgetTakenError,
} from "../../services/gateway/store/named-budget-store";
import { type UserStore, UserTakenError } from "../../services/gateway/store/user-store";

/** What every store of users does. @param open an empty one that is ready */
export function describeUserStore(name: string, open: () => Promise<UserStore>): void {
  describe(`user store: ${name}`, () => {
    let users: UserStore;
    beforeEach(async () => {
      users = await open();
    });

    test("a user is made with what is given", async () => {
      const fields = {
        userEmail: "Ada@example.org",
        userRole: "internal_user",
        models: ["m"],
        metadata: { a: { b: 1 } },
        maxBudgetNanoUsd: 10_000_000_001,
        budgetDuration: "1mo",
        rpmLimit: 3_000_000_000,
      };
      const user = await users.create("ada", "maker", fields);
      expect(user).toMatchObject({
        ...fields,
        userId: "ada",
        createdBy: "maker",
        updatedBy: "maker",
        tpmLimit: null,
      });
      expect(users.findById("ada")).toEqual(user);
      expect(users.findByEmail("ada@EXAMPLE.org")).toEqual(user);
      expect([...users.all()]).toEqual([user]);
    });

    test("ids and e-mail addresses of users are unique, also when two come at once", async () => {
      const results = await Promise.allSettled([users.create("ada", "x", {}), users.create("ada", "x", {})]);
      expect(results.map((result) => result.status).sort()).toEqual(["fulfilled", "rejected"]);
      await users.upsert("ada", "x", { userEmail: "a@x.org" });
      await expect(users.create("bob", "x", { userEmail: "A@x.org" })).rejects.toBeInstanceOf(UserTakenError);
      expect(users.findById("bob")).toBeUndefined();
    });

    test("upsert makes, changes and keeps", async () => {
      await users.upsert("ada", "first", { rpmLimit: 1, userAlias: "A" });
      const user = await users.upsert("ada", "second", { rpmLimit: null });
      expect(user).toMatchObject({ rpmLimit: null, userAlias: "A", createdBy: "first", updatedBy: "second" });
    });

    test("a deleted user is gone with all that was said of it", async () => {
      await users.upsert("ada", "x", { rpmLimit: 1, userEmail: "a@x.org" });
      await expect(users.delete(["ada", "nobody"])).resolves.toMatchObject([{ userId: "ada" }]);
      expect([users.findById("ada"), users.findByEmail("a@x.org")]).toEqual([undefined, undefined]);
      await expect(users.create("ada", "x", {})).resolves.toMatchObject({ rpmLimit: null, userEmail: null });
    });
  });
}

/** What every store of named budgets does. @param open an empty one that is ready */
export function describeNamedBudgetStore(name: string, open: () => Promise<NamedBudgetStore>): void {
  describe(`named budget store: ${name}`, () => {
    let budgets: NamedBudgetStore;
    beforeEach(async () => {
      budgets = await open();
    });

    test("budgets are made, changed, deleted and made again", async () => {
      const made = await budgets.create("b", "x", { maxBudgetNanoUsd: 1, budgetDuration: "1d" });
      expect(made).toMatchObject({
        budgetId: "b",
        maxBudgetNanoUsd: 1,
        softBudgetNanoUsd: null,
        createdBy: "x",
      });
      await expect(budgets.create("b", "x", {})).rejects.toBeInstanceOf(NamedBudgetTakenError);
      const changed = await budgets.update("b", "y", { maxBudgetNanoUsd: null, softBudgetNanoUsd: 2 });
      expect(changed).toMatchObject({ maxBudgetNanoUsd: null, softBudgetNanoUsd: 2, budgetDuration: "1d" });
      expect(budgets.findById("b")).toEqual(changed);
      await expect(budgets.update("none", "y", {})).resolves.toBeUndefined();
      await expect(budgets.delete(["b"])).resolves.toMatchObject([{ budgetId: "b" }]);
      await expect(budgets.delete(["b"])).resolves.toEqual([]);
      expect([...budgets.all()]).toEqual([]);
      await expect(budgets.create("b", "x", {})).resolves.toMatchObject({ budgetDuration: null });
    });
  });
}

/** What every store of admin tokens does. @param open an empty one that is ready */
export function describeAdminTokenStore(name: string, open: () => Promise<AdminTokenStore>): void {
  describe(`admin token store: ${name}`, () => {
    let adminTokens: AdminTokenStore;
    beforeEach(async () => {
      adminTokens = await open();
    });

    test("admin tokens are found by hash and name, and are gone when deleted", async () => {
      const given = {
        tokenHash: "a".repeat(64),
        tokenName: "sk-...abcd",
        name: "ci",
        role: "auditor" as const,
        expiresAt: new Date("2030-01-01T00:00:00Z"),
        createdBy: "x",
      };
      const token = await adminTokens.create(given);
      expect(token).toMatchObject(given);
      expect(adminTokens.findByHash(given.tokenHash)).toEqual(token);
      expect(adminTokens.findByName("ci")).toEqual(token);
      await expect(adminTokens.create({ ...given, tokenHash: "b".repeat(64) })).rejects.toBeInstanceOf(
        TokenNameTakenError,
      );
      await expect(adminTokens.delete(token.tokenId)).resolves.toBe(true);
      await expect(adminTokens.delete(token.tokenId)).resolves.toBe(false);
      expect(adminTokens.findByHash(given.tokenHash)).toBeUndefined();
      await adminTokens.create({ ...given, tokenHash: "b".repeat(64) });
      expect([...adminTokens.all()]).toHaveLength(1);
    });
  });
}
