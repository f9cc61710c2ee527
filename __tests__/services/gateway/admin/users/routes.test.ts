import { hashKey } from "../../../../../services/gateway/identity/keys";
import { auditRow } from "../../../../support/services/audit-row";
import { callApp } from "../../../../support/services/call-app";
import { buildTestGateway, MASTER_KEY, type TestGateway } from "../../../../support/services/test-gateway";

let gateway: TestGateway;
beforeEach(() => {
  gateway = buildTestGateway();
});
afterEach(() => gateway.close());

const call = (method: "GET" | "POST", url: string, payload?: object, key = MASTER_KEY) =>
  callApp(gateway.app, {
    method,
    url,
    headers: { authorization: `Bearer ${key}` },
    ...(payload ? { payload } : {}),
  });
const spendBy = (userId: string, usd: number, keyId?: string) =>
  gateway.audit
    .open()
    ?.commit(auditRow({ userId, costNanoUsd: usd * 1e9, ...(keyId === undefined ? {} : { keyId }) }));

describe("POST /user/new", () => {
  test("makes the user and a key for it", async () => {
    const body = {
      user_id: "ada",
      user_email: "ada@example.org",
      max_budget: 5,
      models: ["claude-haiku-4-5"],
    };
    const made = (await call("POST", "/user/new", body)).json();
    expect(made).toMatchObject({ user_id: "ada", user_email: "ada@example.org", max_budget: 5, spend: 0 });
    expect((await call("GET", "/v1/models", undefined, made.key)).json().data).toMatchObject([
      { id: "claude-haiku-4-5" },
    ]);
    expect((await call("GET", "/user/info?user_id=ada")).json()).toMatchObject({
      user_id: "ada",
      user_info: { max_budget: 5 },
      keys: [{ token: hashKey(made.key), user_id: "ada", max_budget: null }],
      teams: [],
    });
  });

  test("without a key, and with an id of its own", async () => {
    const made = (await call("POST", "/user/new", { auto_create_key: false })).json();
    expect(made).toMatchObject({ key: null, user_id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  });

  test.each([
    ["id", { user_id: "ada" }],
    ["e-mail address, whatever its case", { user_email: "ADA@example.org" }],
  ])("refuses an %s that is in use", async (_name, body) => {
    await call("POST", "/user/new", { user_id: "ada", user_email: "ada@example.org" });
    const again = await call("POST", "/user/new", body);
    expect(again.statusCode).toBe(409);
    expect(again.json().error.message).toContain("already exists");
  });

  test("makes nothing when its key cannot be made", async () => {
    await gateway.addKey("sk-taken-key-00000", { keyAlias: "taken" });
    expect((await call("POST", "/user/new", { user_id: "ada", key_alias: "taken" })).statusCode).toBe(400);
    expect((await call("GET", "/user/info?user_id=ada")).statusCode).toBe(404);
  });
});

describe("GET /user/info", () => {
  test("shows a user that only keys name", async () => {
    const key = await gateway.addKey("sk-key-of-bob-0000", { userId: "bob" });
    await spendBy("bob", 1.25, key.keyId);
    expect((await call("GET", "/user/info?user_id=bob")).json()).toMatchObject({
      user_info: { user_id: "bob", spend: 1.25, max_budget: null },
      keys: [{ spend: 1.25 }],
    });
    expect((await call("GET", "/user/info?user_id=nobody")).statusCode).toBe(404);
  });

  test("a key reads about its own user only", async () => {
    await gateway.addKey("sk-key-of-bob-0000", { userId: "bob" });
    await gateway.addKey("sk-key-of-none-000");
    const status = async (query: string, key: string) =>
      (await call("GET", `/user/info${query}`, undefined, key)).statusCode;
    expect(await status("", "sk-key-of-bob-0000")).toBe(200);
    expect(await status("?user_id=bob", "sk-key-of-bob-0000")).toBe(200);
    expect(await status("?user_id=ada", "sk-key-of-bob-0000")).toBe(403);
    expect(await status("", "sk-key-of-none-000")).toBe(403);
    expect(await status("?user_id=bob", "sk-key-of-none-000")).toBe(403);
  });
});

describe("POST /user/update", () => {
  test("makes what is not there, changes what is given, sets spend", async () => {
    await spendBy("ada", 3);
    expect((await call("POST", "/user/update", { user_id: "ada", rpm_limit: 7 })).json()).toMatchObject({
      user_id: "ada",
      data: { rpm_limit: 7, spend: 3 },
    });
    await call("POST", "/user/update", { user_id: "ada", user_email: "ada@example.org", spend: 0 });
    await spendBy("ada", 0.5);
    expect((await call("POST", "/user/update", { user_email: "ada@example.org" })).json().data).toMatchObject(
      {
        rpm_limit: 7,
        spend: 0.5,
      },
    );
    expect((await call("POST", "/user/update", { user_email: "no@example.org" })).statusCode).toBe(404);
  });

  test("a reset reaches the key that stands for the user, and no other", async () => {
    const budget = { userId: "ada", maxBudgetNanoUsd: 10e9 };
    const own = await gateway.addKey("sk-bootstrap-00000", { ...budget, keyAlias: "ada" });
    const other = await gateway.addKey("sk-workspace-00000", { ...budget, keyAlias: "workspace-1" });
    await spendBy("ada", 4, own.keyId);
    await spendBy("ada", 5, other.keyId);
    const reset = await call("POST", "/user/update", { user_id: "ada", spend: 0 });
    expect(reset.json()).toMatchObject({ data: { spend: 0 }, updated_keys: [own.keyId] });
    const { keys } = (await call("GET", "/user/info?user_id=ada")).json();
    expect(keys.map((key: { spend: number }) => key.spend)).toEqual([0, 5]);
  });
});

test.each(["/user/update", "/budget/update"])(
  "%s: a first budget takes over the period of the standing key",
  async (path) => {
    const budget = { userId: "ada", maxBudgetNanoUsd: 10e9, budgetDuration: "1d" };
    await gateway.addKey("sk-bootstrap-00000", { ...budget, keyAlias: "ada" });
    await call("POST", path, { user_id: "ada", max_budget: 20 });
    expect(gateway.users.findById("ada")).toMatchObject({ maxBudgetNanoUsd: 20e9, budgetDuration: "1d" });
    await call("POST", path, { user_id: "ada", max_budget: 30, budget_duration: null });
    await call("POST", path, { user_id: "ada", max_budget: 40 });
    expect(gateway.users.findById("ada")).toMatchObject({ maxBudgetNanoUsd: 40e9, budgetDuration: null });
  },
);

test("POST /user/delete takes the keys along; all or nothing", async () => {
  const { key } = (await call("POST", "/user/new", { user_id: "ada" })).json();
  expect((await call("POST", "/user/delete", { user_ids: ["ada", "nobody"] })).statusCode).toBe(404);
  expect((await call("GET", "/v1/models", undefined, key)).statusCode).toBe(200);
  expect((await call("POST", "/user/delete", { user_ids: ["ada"] })).json()).toEqual({
    deleted_users: ["ada"],
    deleted_keys: 1,
  });
  expect((await call("GET", "/v1/models", undefined, key)).statusCode).toBe(401);
  expect((await call("POST", "/user/new", { user_id: "ada" })).statusCode).toBe(200);
});

test("POST /user/delete says what the store really deleted, and 404 when that is nothing", async () => {
  await call("POST", "/user/new", { user_id: "ada" });
  const { users, keys } = gateway;
  // As after a restore: in memory, but no more in the database.
  jest.spyOn(users, "delete").mockResolvedValue([]);
  expect((await call("POST", "/user/delete", { user_ids: ["ada"] })).json()).toEqual({
    deleted_users: [],
    deleted_keys: 1,
  });
  jest.spyOn(keys, "delete").mockResolvedValue([]);
  expect((await call("POST", "/user/delete", { user_ids: ["ada"] })).statusCode).toBe(404);
});

test("GET /user/list", async () => {
  for (const id of ["c", "a", "b"]) {
    await call("POST", "/user/new", { user_id: id, user_email: `${id}@x.org`, auto_create_key: false });
  }
  const page = (await call("GET", "/user/list?page_size=2")).json();
  expect(page).toMatchObject({ total: 3, total_pages: 2, users: [{ user_id: "a" }, { user_id: "b" }] });
  expect((await call("GET", "/user/list?user_email=B@X")).json().users).toMatchObject([{ user_id: "b" }]);
  expect((await call("GET", "/user/list?user_ids=a,c")).json().total).toBe(2);
});
