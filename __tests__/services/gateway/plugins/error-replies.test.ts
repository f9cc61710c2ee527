import { callApp } from "../../../support/services/call-app";
import { buildTestGateway, MASTER_KEY, type TestGateway } from "../../../support/services/test-gateway";

let gateway: TestGateway;
beforeEach(() => {
  gateway = buildTestGateway();
});
afterEach(() => gateway.close());

const call = (method: "GET" | "POST" | "DELETE", url: string) =>
  callApp(gateway.app, { method, url, headers: { authorization: `Bearer ${MASTER_KEY}` } });

test("an unknown route is 404 in OpenAI's shape, without the query", async () => {
  const response = await call("GET", "/v1/nope?key=sk-secret");
  expect(response.statusCode).toBe(404);
  expect(response.json()).toEqual({
    error: {
      message: "Unknown route: GET /v1/nope",
      type: "invalid_request_error",
      param: null,
      code: "404",
    },
  });
});

test.each([
  ["GET", "/v1/chat/completions", "POST"],
  ["DELETE", "/v1/models/some.model", "GET"],
  ["POST", "/key/list", "GET"],
] as const)("%s %s is 405 and names %s", async (method, url, allowed) => {
  const response = await call(method, url);
  expect(response.statusCode).toBe(405);
  expect(response.headers["allow"]).toBe(allowed);
  expect(response.json().error).toMatchObject({ code: "405" });
});

test("an error nobody expected says nothing of itself but the request id", async () => {
  gateway.app.get("/broken", { config: { isPublic: true } }, async () => {
    throw new Error("postgres://user:hunter2@db/x failed for sk-0123456789abcdef");
  });
  const response = await call("GET", "/broken");
  expect(response.statusCode).toBe(500);
  expect(response.body).not.toMatch(/hunter2|sk-0123/);
  expect(response.json().error.message).toContain(String(response.headers["x-request-id"]));
  expect(gateway.log.join("")).not.toMatch(/hunter2|sk-0123/);
});

test("another media type is 415", async () => {
  const response = await callApp(gateway.app, {
    method: "POST",
    url: "/v1/chat/completions",
    headers: { authorization: `Bearer ${MASTER_KEY}`, "content-type": "text/csv" },
    payload: "a,b",
  });
  expect(response.statusCode).toBe(415);
});
