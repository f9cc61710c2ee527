import { callApp } from "../../../support/services/call-app";
import { buildTestGateway, MASTER_KEY, type TestGateway } from "../../../support/services/test-gateway";

const KEY = "sk-virtual-key-0000";
let gateway: TestGateway;
beforeEach(async () => {
  gateway = buildTestGateway();
  await gateway.addKey(KEY, { expiresAt: new Date("2030-01-01T00:00:00Z") });
});
afterEach(() => gateway.close());

const get = (headers: Record<string, string>, url = "/v1/models") => callApp(gateway.app, { url, headers });

test.each([
  ["authorization", `Bearer ${MASTER_KEY}`],
  ["authorization", `bearer ${KEY}`],
  ["x-api-key", KEY],
  ["api-key", KEY],
  ["x-litellm-api-key", KEY],
  ["x-litellm-api-key", `Bearer ${KEY}`],
])("%s: %s opens the door", async (name, value) => {
  expect((await get({ [name]: value })).statusCode).toBe(200);
});

test.each([
  ["no key", {}, "auth_error"],
  ["an empty key", { authorization: "" }, "auth_error"],
  ["no Bearer", { authorization: KEY }, "auth_error"],
  ["two words", { authorization: `Bearer ${KEY} ${KEY}` }, "auth_error"],
  ["another prefix", { "x-api-key": "pk-something-00000" }, "auth_error"],
  ["an unknown key", { authorization: "Bearer sk-nobody-00000000" }, "token_not_found_in_db"],
  ["half of the master key", { authorization: `Bearer ${MASTER_KEY.slice(0, -1)}` }, "token_not_found_in_db"],
  ["a hash instead of a key", { authorization: `Bearer sk-${"0".repeat(64)}` }, "token_not_found_in_db"],
])("%s is 401 in OpenAI's shape, without the key in it", async (_name, headers, type) => {
  const response = await get(headers);
  expect(response.statusCode).toBe(401);
  expect(response.json()).toEqual({
    error: {
      message: expect.stringMatching(/^Authentication Error/),
      type,
      param: type === "auth_error" ? null : "key",
      code: "401",
    },
  });
  expect(response.body).not.toContain("nobody");
  expect(gateway.audit.rows.size).toBe(0);
});

test("an unauthenticated body is not read", async () => {
  const response = await callApp(gateway.app, {
    method: "POST",
    url: "/v1/chat/completions",
    payload: "{ broken",
  });
  expect(response.statusCode).toBe(401);
});

test("an expired key is refused, and recorded where requests are recorded", async () => {
  gateway.clock.now = () => Date.parse("2030-01-01T00:00:00Z");
  const response = await callApp(gateway.app, {
    method: "POST",
    url: "/v1/chat/completions",
    headers: { "x-api-key": KEY },
    payload: {},
  });
  expect(response.statusCode).toBe(401);
  expect(response.json().error).toMatchObject({ type: "expired_key", code: "401" });
  expect([...gateway.audit.rows.values()]).toMatchObject([
    { status: 401, errorType: "expired_key", callerKind: "key" },
  ]);
  expect((await get({ "x-api-key": KEY })).statusCode).toBe(401);
});

test("a blocked key is refused", async () => {
  const key = await gateway.addKey("sk-blocked-key-0000");
  Object.assign(key, { isBlocked: true });
  const response = await get({ "x-api-key": "sk-blocked-key-0000" });
  expect(response.statusCode).toBe(401);
  expect(response.json().error.message).toMatch(/Key is blocked/);
});

test("a new route that says nothing is closed", async () => {
  gateway.app.get("/new", async () => "open");
  expect((await get({}, "/new")).statusCode).toBe(401);
});
