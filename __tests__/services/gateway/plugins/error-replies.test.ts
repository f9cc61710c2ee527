import OpenAI from "openai";
import { GatewayError, overloaded } from "../../../../services/gateway/errors";
import { callApp } from "../../../support/services/call-app";
import { FakeAnthropic, failWith } from "../../../support/services/fake-anthropic";
import { RawConnection, rawRequest } from "../../../support/services/raw-connection";
import {
  buildTestGateway,
  MASTER_KEY,
  MODEL,
  type TestGateway,
} from "../../../support/services/test-gateway";

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

test.each([
  ["POST", "/nope", 404],
  ["PUT", "/nope", 404],
  ["DELETE", "/key/delete", 405],
  ["OPTIONS", "/v1/chat/completions", 405],
  ["HEAD", "/health/readiness", 405],
  ["POST", "/health/readiness", 405],
  ["POST", "/metrics", 405],
  ["POST", "/openapi.json", 405],
  ["GET", "/health/readiness", 200],
  ["GET", "/health/liveness", 200],
  ["GET", "/openapi.json", 200],
  ["POST", "/v1/chat/completions", 401],
  ["POST", "/key/generate", 401],
  ["GET", "/key/info", 401],
] as const)("%s %s is answered with %i before any of its body has come", async (method, path, status) => {
  const url = await gateway.listen();
  const lengths: Record<string, string>[] = [
    { "content-length": "33000000" },
    { "transfer-encoding": "chunked" },
  ];
  for (const length of lengths) {
    const connection = await RawConnection.open(url);
    connection.send(rawRequest(method, path, { headers: { "content-type": "application/json", ...length } }));
    await connection.answers();
    expect(connection.statuses).toEqual([status]);
    await connection.closed();
  }
});

test("a short body that nobody reads is let past, and the connection goes on", async () => {
  const connection = await RawConnection.open(await gateway.listen());
  connection.send(
    rawRequest("POST", "/nope", { headers: { "content-type": "application/json" }, body: "[{},{}" }),
  );
  await connection.answers();
  connection.send(rawRequest("GET", "/health/liveness"));
  await connection.answers(2);
  expect(connection.statuses).toEqual([404, 200]);
  connection.close();
});

test.each([
  ["GET", "//v1//models/", 200],
  ["GET", "/v1/models/claude-haiku-4-5/", 200],
  ["GET", "/health/liveness/", 200],
  ["POST", "/v1/chat/completions/", 400],
  ["POST", "//v1/messages", 400],
  ["POST", "/v1/models/", 405],
  ["GET", "/v1/nope/", 404],
] as const)("%s %s is answered as without the needless slashes: %i", async (method, path, status) => {
  const response = await callApp(gateway.app, {
    method,
    url: path,
    headers: { authorization: `Bearer ${MASTER_KEY}` },
    ...(method === "POST" ? { payload: "{}" } : {}),
  });
  expect(response.statusCode).toBe(status);
  if (status === 405) expect(response.headers["allow"]).toBe("GET");
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

test.each([
  ["/limited", new GatewayError(429, "rate_limit_error", "x"), "5", "true"],
  ["/limited-for", new GatewayError(429, "rate_limit_error", "x", { retryAfterSeconds: 60 }), "60", "true"],
  ["/full", overloaded("streams"), "1", "true"],
  ["/spent", new GatewayError(402, "budget_exceeded", "x"), undefined, "false"],
  ["/odd", new GatewayError(502, "upstream_error", "x"), undefined, undefined],
])("%s says whether and when to try again", async (url, error, retryAfter, again) => {
  gateway.app.get(url, { config: { isPublic: true } }, async () => {
    throw error;
  });
  const { headers } = await call("GET", url);
  expect([headers["retry-after"], headers["x-should-retry"]]).toEqual([retryAfter, again]);
});

test.each([
  ["a wrong credential of the gateway's", 401, "authentication_error", 1],
  ["a rate limit", 429, "rate_limit_error", 2],
])("OpenAI's SDK does as it is told: %s", async (_name, status, type, tries) => {
  const upstream = await FakeAnthropic.start();
  const busy = buildTestGateway({ upstreamUrl: upstream.url, routing: { maxAttempts: 1 } });
  try {
    upstream.script = failWith(status, type, "x", status === 429 ? { "retry-after": "0" } : {});
    const client = new OpenAI({ apiKey: MASTER_KEY, baseURL: `${await busy.listen()}/v1`, maxRetries: 1 });
    const asked = { model: MODEL, messages: [{ role: "user" as const, content: "x" }] };
    await expect(client.chat.completions.create(asked)).rejects.toThrow();
    expect(upstream.requests).toHaveLength(tries);
  } finally {
    await busy.close();
    await upstream.stop();
  }
});
