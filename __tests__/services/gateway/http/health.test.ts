import type { Durability } from "../../../../services/gateway/store/database-state";
import { callApp } from "../../../support/services/call-app";
import { buildTestGateway, type TestGatewayProps } from "../../../support/services/test-gateway";
import { MemoryAuditLog } from "../../../support/stores/audit-log";

async function readiness(props: TestGatewayProps, url = "/health/readiness") {
  const gateway = buildTestGateway(props);
  try {
    const response = await callApp(gateway.app, { url });
    return { statusCode: response.statusCode, body: response.json() as Record<string, unknown> };
  } finally {
    await gateway.close();
  }
}

const being = (durability: Partial<Durability>) => ({ durability: async () => durability });

test("ready: connected", async () => {
  const { statusCode, body } = await readiness({});
  expect(statusCode).toBe(200);
  // LiteLLM's fields, and ours.
  expect(body).toEqual({
    status: "connected",
    db: "connected",
    cache: null,
    success_callbacks: [],
    last_updated: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    budgets: "available",
    audit: "database",
    answers: { in_use: 0, limit: 1000 },
    body_bytes: { in_use: 0, limit: 64 * 1024 * 1024 },
    journal_bytes: null,
    schema: { version: 1, known: 1, migrating: null, building: null },
  });
});

test("readiness says how far the schema of the database is", async () => {
  const since = new Date("2026-11-24T12:00:00Z");
  const schema = {
    version: 14,
    known: 15,
    migrating: { step: "0015 spend-daily", since },
    building: undefined,
  };
  const gateway = buildTestGateway({ schema });
  const response = await callApp(gateway.app, { url: "/health/readiness" });
  expect(response.json()).toMatchObject({
    schema: {
      version: 14,
      known: 15,
      migrating: { step: "0015 spend-daily", since: "2026-11-24T12:00:00.000Z" },
      building: null,
    },
  });
  await gateway.close();
});

test("degraded, and sent requests, while rows go to the journal: keys without a budget are served", async () => {
  const journal = { bytes: 4000, maxBytes: 10_000 };
  const away = being({ isConnected: false, audit: "journal", hasBudgets: false, journal });
  const { statusCode, body } = await readiness(away);
  expect(statusCode).toBe(200);
  expect(body).toMatchObject({
    status: "degraded",
    db: "disconnected",
    budgets: "unavailable",
    audit: "journal",
  });
  expect(body).toMatchObject({ journal_bytes: { in_use: 4000, limit: 10_000 } });
});

test("degraded while budgets cannot be reserved, although the database takes rows", async () => {
  const { statusCode, body } = await readiness(being({ hasBudgets: false }));
  expect(statusCode).toBe(200);
  expect(body).toMatchObject({
    status: "degraded",
    db: "connected",
    budgets: "unavailable",
    audit: "database",
  });
});

test("a balancer may ask for a gateway whose budgets work", async () => {
  const url = "/health/readiness?require=budgets";
  expect((await readiness({}, url)).statusCode).toBe(200);
  const { statusCode, body } = await readiness(being({ hasBudgets: false }), url);
  expect(statusCode).toBe(503);
  expect(body).toMatchObject({ status: "degraded" });
});

test.each([
  ["starting", being({ isStarted: false, isConnected: false, audit: "none", hasBudgets: false })],
  ["unhealthy", being({ isConnected: false, audit: "none", hasBudgets: false })],
  ["unhealthy", { audit: new MemoryAuditLog({ capacity: 0 }) }],
  ["overloaded", { capacity: { maxAnswers: 0 } }],
  ["shutting_down", { isLeaving: () => true }],
])("503, sent nothing: %s", async (status, props) => {
  const { statusCode, body } = await readiness(props);
  expect([statusCode, body["status"]]).toEqual([503, status]);
});

test.each(["/health/liveliness", "/health/liveness"])(
  "%s answers the string that LiteLLM answers",
  async (url) => {
    const gateway = buildTestGateway(being({ audit: "none" }));
    const response = await callApp(gateway.app, { url });
    expect(response.statusCode).toBe(200);
    expect(response.headers["content-type"]).toMatch(/application\/json/);
    expect(response.json()).toBe("I'm alive!");
    await gateway.close();
  },
);

test("who asks all day is not in the log", async () => {
  const gateway = buildTestGateway({ logLevel: "info" });
  for (const url of ["/health/readiness", "/health/liveness", "/metrics"])
    await callApp(gateway.app, { url });
  await callApp(gateway.app, { url: "/nowhere" });
  const routes = gateway.log.map((line) => (JSON.parse(line) as { route?: string }).route);
  expect(routes.filter((route) => route !== undefined)).toEqual(["unknown"]);
  await gateway.close();
});
