import OpenAI from "openai";
import {
  allCoolingDown,
  auditUnavailable,
  bodyTooSlow,
  budgetExceeded,
  budgetReserved,
  closing,
  databaseUnavailable,
  internalError,
  keysNotLoaded,
  modelNotAllowed,
  modelOverloaded,
  noDeployment,
  noKey,
  overloaded,
  promptUnavailable,
  rateLimited,
  unknownTransferCoding,
} from "../../../../services/gateway/errors/catalogue";
import { GatewayError } from "../../../../services/gateway/errors/gateway-error";
import { shouldRetry } from "../../../../services/gateway/http/errors";
import { toUpstreamError } from "../../../../services/gateway/providers/upstream-error";
import { closeRaw, sendRaw } from "../../../support/enforcement/raw-request";
import { callApp } from "../../../support/services/call-app";
import { FakeAnthropic, failWith } from "../../../support/services/fake-anthropic";
import { RawConnection, rawRequest } from "../../../support/services/raw-connection";
import {
  buildTestGateway,
  MASTER_KEY,
  MODEL,
  type TestGateway,
} from "../../../support/services/test-gateway";

describe("error replies", () => {
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
      connection.send(
        rawRequest(method, path, { headers: { "content-type": "application/json", ...length } }),
      );
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
});

describe("url errors", () => {
  let gateway: TestGateway;
  let url: string;
  beforeAll(async () => {
    gateway = buildTestGateway();
    url = await gateway.listen();
  });
  afterAll(async () => {
    closeRaw();
    await gateway.close();
  });

  const post = (path: string, headers: Record<string, string> = {}) =>
    sendRaw(url, {
      method: "POST",
      path,
      headers: { authorization: `Bearer ${MASTER_KEY}`, ...headers },
      body: "{}",
    });

  it.each(["/v1/%zz", "/v1%c0%afmessages", "/%"])("POST %s is an error in OpenAI's words", async (path) => {
    const { status, body, headers } = await post(path);
    expect([status, JSON.parse(body)]).toEqual([
      400,
      {
        error: {
          message: "The request path is malformed.",
          type: "invalid_request_error",
          param: null,
          code: expect.any(String),
        },
      },
    ]);
    expect(headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("is one in Anthropic's words for its clients", async () => {
    const { status, body } = await post("/v1/%zz", { "anthropic-version": "2023-06-01" });
    expect([status, JSON.parse(body)]).toMatchObject([
      400,
      { type: "error", error: { type: "invalid_request_error" } },
    ]);
  });
});

describe("should retry", () => {
  const budget = { scope: "key", limitNano: 1, spentNano: 1, neededNano: 1, endsAt: null };
  const limit = {
    kind: "requests",
    subject: "x",
    limit: 1,
    retryAfterSeconds: 9,
    resetsAt: new Date(0),
  } as const;
  const upstream = (status: number, message = "x", errorCode?: string) =>
    toUpstreamError({ status, message, errorCode });

  it.each<[string, GatewayError, boolean | undefined]>([
    ["a budget that is spent", budgetExceeded(budget), false],
    ["a budget that is reserved", budgetReserved(budget), true],
    ["no key", noKey(), false],
    ["a model that is not the key's", modelNotAllowed("m"), false],
    ["a transfer coding that is not known", unknownTransferCoding(), false],
    ["a body that came too slowly", bodyTooSlow(), undefined],
    ["a wrong request", new GatewayError(400, "invalid_request_error", ""), false],
    ["a body that is too large", upstream(413), false],
    ["rules that are missing", promptUnavailable("standard"), false],
    ["a model without deployment", noDeployment("m"), false],
    ["deployments that cool down", allCoolingDown(false, 5), true],
    ["deployments at their limits", allCoolingDown(true, 5), true],
    ["a limit", rateLimited(limit), true],
    ["a gateway that is full", overloaded("streams"), true],
    ["a model that has its share of the places", modelOverloaded("m"), true],
    ["a gateway that is closing", closing(), true],
    ["no room for rows", auditUnavailable(), true],
    ["no database", databaseUnavailable(), true],
    ["no keys yet", keysNotLoaded(), true],
    ["a fault of its own", internalError("r"), undefined],
    ["a provider that is busy", upstream(529), true],
    ["a provider at its limit", upstream(429), true],
    ["a provider that fails", upstream(500), true],
    ["a provider that is slow", upstream(504), undefined],
    ["a provider that has a conflict", upstream(409), undefined],
    ["a provider that does not take the key", upstream(401), false],
    ["a provider that wants money", upstream(402), false],
    ["a provider's limit of money", upstream(429, "x", "enforced_spend_limit_reached"), false],
    ["a provider that forbids", upstream(403), false],
    ["a provider without the model", upstream(404), false],
    ["a provider that says something odd", upstream(418), undefined],
  ])("%s", (_name, error, expected) => {
    expect(shouldRetry(error)).toBe(expected);
  });
});
