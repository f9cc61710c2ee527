import { MemoryAuditLog } from "../../../../services/gateway/adapters/memory/audit-log";
import { callApp } from "../../../support/services/call-app";
import { buildTestGateway } from "../../../support/services/test-gateway";

test("ready: connected", async () => {
  const gateway = buildTestGateway();
  const response = await callApp(gateway.app, { url: "/health/readiness" });
  expect(response.statusCode).toBe(200);
  expect(response.json()).toMatchObject({ status: "connected", db: "connected" });
  await gateway.close();
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

test("not ready without database", async () => {
  const gateway = buildTestGateway({ isDatabaseConnected: async () => false });
  const response = await callApp(gateway.app, { url: "/health/readiness" });
  expect(response.statusCode).toBe(503);
  expect(response.json()).toMatchObject({ status: "unhealthy", db: "disconnected" });
  await gateway.close();
});

test("not ready when no request would be accepted", async () => {
  const gateway = buildTestGateway({ audit: new MemoryAuditLog({ capacity: 0 }) });
  expect((await callApp(gateway.app, { url: "/health/readiness" })).statusCode).toBe(503);
  await gateway.close();
});

test.each(["/health/liveliness", "/health/liveness"])(
  "%s answers the string that LiteLLM answers",
  async (url) => {
    const gateway = buildTestGateway({ isDatabaseConnected: async () => false });
    const response = await callApp(gateway.app, { url });
    expect(response.statusCode).toBe(200);
    expect(response.headers["content-type"]).toMatch(/application\/json/);
    expect(response.json()).toBe("I'm alive!");
    await gateway.close();
  },
);
