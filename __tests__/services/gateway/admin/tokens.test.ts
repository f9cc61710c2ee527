import { hashKey } from "../../../../services/gateway/identity/keys";
import { callApp } from "../../../support/services/call-app";
import { buildTestGateway, MASTER_KEY, type TestGateway } from "../../../support/services/test-gateway";

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

test("a token is shown once, works with its role, and ends when it is deleted", async () => {
  const made = (await call("POST", "/admin/token/new", { name: "portal", role: "provisioner" })).json();
  expect(made).toMatchObject({ name: "portal", role: "provisioner", expires: null });
  expect(made.token).toMatch(/^sk-admin-[\w-]{32}$/);

  const list = await call("GET", "/admin/token/list");
  expect(list.json().tokens).toMatchObject([
    { token_id: made.token_id, name: "portal", role: "provisioner" },
  ]);
  expect(list.body).not.toContain(made.token);
  expect(list.body).not.toContain(hashKey(made.token));
  expect(gateway.log.join("")).not.toContain(made.token);

  const key = await call("POST", "/key/generate", { key_alias: "w1", max_budget: 1 }, made.token);
  expect(key.json()).toMatchObject({ key_alias: "w1", created_by: "portal" });
  expect((await call("POST", "/user/new", {}, made.token)).statusCode).toBe(403);

  expect((await call("POST", "/admin/token/delete", { name: "portal" })).json()).toEqual({
    deleted_token: made.token_id,
  });
  expect((await call("GET", "/key/list", undefined, made.token)).statusCode).toBe(401);
});

test("rows say which token did what to which key, and hold no secret", async () => {
  const token = await gateway.addToken("provisioner");
  const made = (await call("POST", "/key/generate", { key_alias: "w1", max_budget: 1 }, token)).json();
  await call("POST", "/key/block", { key: made.key }, token);
  const rows = [...gateway.audit.rows.values()];
  expect(rows).toMatchObject([
    {
      route: "/key/generate",
      callerKind: "token",
      actor: "the-provisioner",
      target: `key ${made.key_id}`,
      changed: "key_alias, max_budget",
      status: 200,
    },
    { route: "/key/block", actor: "the-provisioner", target: `key ${made.key_id}`, changed: "blocked" },
  ]);
  expect(JSON.stringify(rows)).not.toContain(made.key);
  expect(JSON.stringify(rows)).not.toContain(token);
});

test("a token ends at its time", async () => {
  const made = await call("POST", "/admin/token/new", { name: "short", role: "auditor", duration: "1h" });
  expect((await call("GET", "/key/list", undefined, made.json().token)).statusCode).toBe(200);
  const now = Date.now();
  gateway.clock.now = () => now + 3_700_000;
  const late = await call("GET", "/key/list", undefined, made.json().token);
  expect(late.json().error).toMatchObject({ type: "expired_key", code: "401" });
});

test("names are unique, roles are known", async () => {
  await call("POST", "/admin/token/new", { name: "one", role: "admin" });
  const again = await call("POST", "/admin/token/new", { name: "one", role: "admin" });
  expect(again.json().error).toMatchObject({
    message: expect.stringContaining("already exists"),
    code: "400",
  });
  expect((await call("POST", "/admin/token/new", { name: "two", role: "root" })).statusCode).toBe(400);
  expect((await call("POST", "/admin/token/delete", { name: "nobody" })).statusCode).toBe(404);
});
