import {
  describeNamedUser,
  describeUser,
  inheritKeyBudgetPeriod,
  keysOfUser,
  listUsers,
  requireBudget,
  syncPrimaryKeyBudget,
  userListQuery,
} from "../../../../../services/gateway/admin/users/users";
import { user, virtualKey } from "../../../../support/services/holders";
import { newKey } from "../../../../support/services/test-gateway";
import { MemoryKeyStore } from "../../../../support/stores/key-store";
import { MemoryNamedBudgetStore } from "../../../../support/stores/named-budget-store";
import { MemoryUserStore } from "../../../../support/stores/user-store";

test("a user that only keys name is shown with the same fields as one that was made", () => {
  const made = describeUser(user({ maxBudgetNanoUsd: 2_500_000_000 }), 500_000_000);
  expect(made).toMatchObject({ user_id: "ada", max_budget: 2.5, spend: 0.5 });
  const named = describeNamedUser("eve", 500_000_000);
  expect(Object.keys(named)).toEqual(Object.keys(made));
  expect(named).toMatchObject({ user_id: "eve", spend: 0.5, max_budget: null, created_at: null });
});

describe("a list of users", () => {
  const users = [
    user({ userId: "eve", userEmail: "Eve@Example.org", userRole: "internal_user" }),
    user({ userId: "Bob", userRole: "internal_user" }),
    user({ userId: "ada", userEmail: "ada@example.org", userRole: "proxy_admin" }),
  ];

  it.each([
    [{}, "Bob,ada,eve", 3],
    [{ role: "internal_user" }, "Bob,eve", 2],
    [{ user_ids: "eve,ada,nobody" }, "ada,eve", 2],
    [{ user_email: "EXAMPLE" }, "ada,eve", 2],
    [{ user_email: "eve@", role: "proxy_admin" }, "", 0],
    [{ page: "2", page_size: "2" }, "eve", 3],
  ])("with %j holds %s of %i", async (query, ids, total) => {
    const found = await listUsers(users, userListQuery.parse(query));
    expect([found.page.map(({ userId }) => userId).join(","), found.total]).toEqual([ids, total]);
  });
});

test("the keys of a user are its own, oldest first", () => {
  const at = (ms: number) => new Date(ms);
  const all = [
    virtualKey({ keyId: "new", userId: "ada", createdAt: at(2) }),
    virtualKey({ keyId: "other", userId: "bob", createdAt: at(0) }),
    virtualKey({ keyId: "old", userId: "ada", createdAt: at(1) }),
  ];
  const keys = { all: () => all } as unknown as MemoryKeyStore;
  expect(keysOfUser(keys, "ada").map(({ keyId }) => keyId)).toEqual(["old", "new"]);
});

describe("a user's primary key", () => {
  let keys: MemoryKeyStore;
  let spends: unknown[];
  const baselines = { set: async (...args: unknown[]) => void spends.push(args) };
  beforeEach(() => {
    keys = new MemoryKeyStore();
    spends = [];
  });
  const add = (props: object) => keys.create(newKey("sk-primary-000000000", props));
  const sync = (change: Parameters<typeof syncPrimaryKeyBudget>[2]) =>
    syncPrimaryKeyBudget({ keys, baselines }, "ada", change, "admin");

  it("gets the user's new budget and spend", async () => {
    const { keyId } = await add({ keyAlias: "ada", userId: "ada", maxBudgetNanoUsd: 1 });
    expect(await sync({ maxBudgetNanoUsd: 5, spentNanoUsd: 2 })).toBe(keyId);
    expect(keys.findById(keyId)).toMatchObject({ maxBudgetNanoUsd: 5, updatedBy: "admin" });
    expect(spends).toEqual([["key", keyId, 2]]);
  });

  it("keeps its budget when only the spend is set, and its spend when only the budget is", async () => {
    const { keyId } = await add({ keyAlias: "ada", userId: "ada", maxBudgetNanoUsd: 1 });
    expect(await sync({ spentNanoUsd: 0 })).toBe(keyId);
    expect(keys.findById(keyId)?.maxBudgetNanoUsd).toBe(1);
    expect(await sync({ maxBudgetNanoUsd: null })).toBe(keyId);
    expect(keys.findById(keyId)?.maxBudgetNanoUsd).toBeNull();
    expect(spends).toHaveLength(1);
  });

  it.each([
    ["the key has no budget", { keyAlias: "ada", userId: "ada" }],
    ["the key with that alias is somebody else's", { keyAlias: "ada", userId: "bob", maxBudgetNanoUsd: 1 }],
    ["the user's key has another alias", { keyAlias: "laptop", userId: "ada", maxBudgetNanoUsd: 1 }],
  ])("is left as it is when %s", async (_name, props) => {
    const before = await add(props);
    expect(await sync({ maxBudgetNanoUsd: 5, spentNanoUsd: 2 })).toBeUndefined();
    expect(keys.findById(before.keyId)).toEqual(before);
    expect(spends).toEqual([]);
  });

  it("is left as it is when nothing changes", async () => {
    await add({ keyAlias: "ada", userId: "ada", maxBudgetNanoUsd: 1 });
    expect(await sync({})).toBeUndefined();
  });

  it("gives its period to a first budget that has none", async () => {
    const users = new MemoryUserStore();
    await add({ keyAlias: "ada", userId: "ada", budgetDuration: "1d" });
    const inherit = (fields: object) => inheritKeyBudgetPeriod({ keys, users }, "ada", fields);
    expect(inherit({ maxBudgetNanoUsd: 5 })).toEqual({ maxBudgetNanoUsd: 5, budgetDuration: "1d" });
    // Who names a period, or takes it away, is taken at their word.
    for (const fields of [
      {},
      { maxBudgetNanoUsd: null },
      { maxBudgetNanoUsd: 5, budgetDuration: "30d" },
      { maxBudgetNanoUsd: 5, budgetDuration: null },
    ])
      expect(inherit(fields)).toBe(fields);
    await users.create("ada", "admin", { maxBudgetNanoUsd: 1 });
    expect(inherit({ maxBudgetNanoUsd: 5 })).toEqual({ maxBudgetNanoUsd: 5 });
  });
});

test("a budget that is named must exist; none may be named", async () => {
  const budgets = new MemoryNamedBudgetStore();
  await budgets.create("team", "admin", {});
  for (const id of ["team", null, undefined, ""]) expect(() => requireBudget(budgets, id)).not.toThrow();
  expect(() => requireBudget(budgets, "gone")).toThrow(
    expect.objectContaining({ status: 404, message: "Budget not found in database" }),
  );
});
