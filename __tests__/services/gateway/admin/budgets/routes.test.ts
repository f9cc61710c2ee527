import { callApp } from "../../../../support/services/call-app";
import { buildTestGateway, MASTER_KEY, type TestGateway } from "../../../../support/services/test-gateway";

let gateway: TestGateway;
beforeEach(() => {
  gateway = buildTestGateway();
});
afterEach(() => gateway.close());

const call = (method: "GET" | "POST", url: string, payload?: object) =>
  callApp(gateway.app, {
    method,
    url,
    headers: { authorization: `Bearer ${MASTER_KEY}` },
    ...(payload ? { payload } : {}),
  });

test("a budget is made, shown, changed and deleted", async () => {
  const made = await call("POST", "/budget/new", {
    budget_id: "team",
    max_budget: 50,
    budget_duration: "1mo",
  });
  expect(made.json()).toMatchObject({ budget_id: "team", max_budget: 50, budget_duration: "1mo" });
  const again = await call("POST", "/budget/new", { budget_id: "team" });
  expect(again.json().error.message).toContain("already exists");
  const changed = await call("POST", "/budget/update", { budget_id: "team", soft_budget: 40, rpm_limit: 9 });
  expect(changed.json()).toMatchObject({ max_budget: 50, soft_budget: 40, rpm_limit: 9 });
  expect((await call("POST", "/budget/info", { budgets: ["team", "none"] })).json()).toHaveLength(1);
  expect((await call("GET", "/budget/list")).json()).toMatchObject([{ budget_id: "team" }]);
  expect((await call("POST", "/budget/delete", { id: "team" })).statusCode).toBe(200);
  expect((await call("GET", "/budget/list")).json()).toEqual([]);
});

test("a budget that a key or user refers to stays", async () => {
  await call("POST", "/budget/new", { budget_id: "team" });
  await call("POST", "/key/generate", { key_alias: "k", budget_id: "team" });
  expect((await call("POST", "/budget/delete", { id: "team" })).statusCode).toBe(400);
  await call("POST", "/key/update", { key_alias: "k", budget_id: null });
  expect((await call("POST", "/budget/delete", { id: "team" })).statusCode).toBe(200);
});

test.each([
  [{ budget_id: "none", max_budget: 1 }, 404],
  [{ max_budget: 1 }, 400],
  [{ budget_id: "a", user_id: "b" }, 400],
  [{ user_id: "ada", soft_budget: 1 }, 400],
  [{ user_id: "ada", max_budget: -1 }, 400],
])("POST /budget/update %j is %i", async (body, status) => {
  expect((await call("POST", "/budget/update", body)).statusCode).toBe(status);
});

test("a user's budget is the user's, and that of the key that stands for the user", async () => {
  const key = await gateway.addKey("sk-contractor-00000", {
    keyAlias: "contractor1",
    userId: "contractor1",
    maxBudgetNanoUsd: 10e9,
  });
  await gateway.addKey("sk-workspace-000000", { userId: "contractor1", maxBudgetNanoUsd: 10e9 });
  const response = await call("POST", "/budget/update", { user_id: "contractor1", max_budget: 20 });
  expect(response.json()).toMatchObject({
    user_id: "contractor1",
    max_budget: 20,
    updated_keys: [key.keyId],
  });
  const { keys } = (await call("GET", "/user/info?user_id=contractor1")).json();
  expect(keys.map((one: { max_budget: number }) => one.max_budget).sort()).toEqual([10, 20]);
});
