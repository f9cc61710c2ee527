import { ROUTE_ACCESS, type Role } from "../../../../services/gateway/http/access";
import { callApp } from "../../../support/services/call-app";
import {
  buildTestGateway,
  MASTER_KEY,
  PROVISIONER_TOKEN,
  type TestGateway,
} from "../../../support/services/test-gateway";

const KEY = "sk-virtual-key-0000";
let gateway: TestGateway;
let credentials: Record<Role, string>;

beforeAll(async () => {
  gateway = buildTestGateway();
  await gateway.addKey(KEY, { metadata: { role: "admin" }, userId: "ada" });
  credentials = {
    master: MASTER_KEY,
    admin: await gateway.addToken("admin"),
    auditor: await gateway.addToken("auditor"),
    provisioner: await gateway.addToken("provisioner"),
    key: KEY,
  };
});
afterAll(() => gateway.close());

const ROLES: readonly Role[] = ["master", "admin", "auditor", "provisioner", "key"];
const ROUTES = Object.entries(ROUTE_ACCESS).map(([route, { roles }]) => ({ route, roles }));

const call = (route: string, key?: string) => {
  const [method = "", pattern = ""] = route.split(" ");
  return callApp(gateway.app, {
    method,
    url: pattern.replace(/:\w+/g, "claude-sonnet-4-5"),
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    // No body that any route accepts: who may call is decided before.
    ...(method === "POST" ? { payload: { nonsense: true } } : {}),
  });
};

test("every route of the application is in the table, and the table holds no other", async () => {
  await gateway.app.ready();
  const registered = Object.entries(ROUTE_ACCESS).filter(([route]) => {
    const [method = "", url = ""] = route.split(" ");
    return gateway.app.hasRoute({ method: method as "GET", url });
  });
  expect(registered).toHaveLength(ROUTES.length);
  const document = (await call("GET /openapi.json")).json();
  const served = Object.entries(document.paths as Record<string, object>).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ":$1")}`),
  );
  expect(served.sort()).toEqual(Object.keys(ROUTE_ACCESS).sort());
});

describe.each(ROUTES)("$route", ({ route, roles }) => {
  test(roles === "public" ? "asks for no credential" : "is closed without a credential", async () => {
    const { statusCode } = await call(route);
    if (roles === "public") expect(statusCode).not.toBe(401);
    else expect(statusCode).toBe(401);
  });

  test.each(ROLES)("as %s", async (role) => {
    const { statusCode, body } = await call(route, credentials[role]);
    const isOpen = roles === "public" || roles.includes(role);
    if (isOpen) expect(body).not.toMatch(/may not call|Only proxy admin/);
    else expect(statusCode).toBe(403);
  });
});

test("a route that is not in the table answers nobody", async () => {
  const other = buildTestGateway();
  other.app.get("/forgotten", async () => "open");
  const response = await callApp(other.app, {
    url: "/forgotten",
    headers: { authorization: `Bearer ${MASTER_KEY}` },
  });
  expect(response.statusCode).toBe(403);
  await other.close();
});

test("virtual keys have no right to change anything", () => {
  const open = ROUTES.filter(({ roles }) => roles !== "public" && roles.includes("key"));
  expect(open.map(({ route }) => route).sort()).toEqual([
    "GET /key/info",
    "GET /model/info",
    "GET /models",
    "GET /models/:id",
    "GET /user/info",
    "GET /v1/model/info",
    "GET /v1/models",
    "GET /v1/models/:id",
    "POST /chat/completions",
    "POST /key/info",
    "POST /messages",
    "POST /messages/count_tokens",
    "POST /responses",
    "POST /v1/chat/completions",
    "POST /v1/messages",
    "POST /v1/messages/count_tokens",
    "POST /v1/responses",
  ]);
});

test("an auditor changes nothing, a provisioner touches keys only", () => {
  const changing = (role: Role) =>
    ROUTES.filter(
      ({ route, roles }) => /^POST/.test(route) && roles !== "public" && roles.includes(role),
    ).map(({ route }) => route);
  expect(changing("auditor")).toEqual(["POST /key/info", "POST /v2/key/info", "POST /budget/info"]);
  expect(changing("provisioner").every((route) => /^POST (\/v2)?\/key\//.test(route))).toBe(true);
});

describe("the platform's key-provisioner", () => {
  const asProvisioner = (method: string, url: string, payload?: object) =>
    callApp(gateway.app, {
      method,
      url,
      headers: { authorization: `Bearer ${PROVISIONER_TOKEN}` },
      ...(payload === undefined ? {} : { payload }),
    });

  test("is one of the role provisioner, and no more", async () => {
    for (const { route, roles } of ROUTES) {
      const { statusCode, body } = await call(route, PROVISIONER_TOKEN);
      if (roles === "public" || roles.includes("provisioner")) expect(body).not.toMatch(/may not call/);
      else expect([route, statusCode]).toEqual([route, 403]);
    }
  });

  test("makes keys in its own name, which audit rows show", async () => {
    const made = await asProvisioner("POST", "/key/generate", { max_budget: 1 });
    expect(made.json()).toMatchObject({ created_by: "key-provisioner" });
    expect([...gateway.audit.rows.values()].at(-1)).toMatchObject({ actor: "key-provisioner", status: 200 });
  });

  test("cannot raise its own role, ask a model, or read what others spent", async () => {
    const raised = await asProvisioner("POST", "/admin/token/new", { name: "mine", role: "admin" });
    expect(raised.statusCode).toBe(403);
    const asked = await asProvisioner("POST", "/v1/messages", { model: "claude-sonnet-4-5", messages: [] });
    expect(asked.statusCode).toBe(403);
    for (const path of ["/spend/logs", "/global/spend", "/global/spend/report", "/user/list", "/budget/list"])
      expect((await asProvisioner("GET", path)).statusCode).toBe(403);
  });
});
