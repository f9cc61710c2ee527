import { buildApp } from "../../../services/key-provisioner/app";
import { loadConfig } from "../../../services/key-provisioner/config";
import { createGatewayProbe } from "../../../services/key-provisioner/gateway-probe";
import { createLogger } from "../../../services/shared/logger";
import { callApp } from "../../support/services/call-app";

const logger = createLogger({ name: "test", level: "silent" });

test.each([
  [true, 200, { status: "ok", litellm: true }],
  [false, 503, { status: "degraded", litellm: false }],
])("GET /health when the gateway is ready: %s", async (isReady, statusCode, body) => {
  const app = buildApp({ logger, isGatewayReady: async () => isReady });
  const response = await callApp(app, { url: "/health" });
  expect(response.statusCode).toBe(statusCode);
  expect(response.json()).toEqual(body);
  expect((await callApp(app, { url: "/health/live" })).statusCode).toBe(200);
  await app.close();
});

test("an unknown route is 404 with an error body", async () => {
  const app = buildApp({ logger, isGatewayReady: async () => true });
  const response = await callApp(app, { method: "POST", url: "/api/v1/keys/workspace?x=1", payload: {} });
  expect(response.statusCode).toBe(404);
  expect(response.json().error.message).toBe("Unknown route: POST /api/v1/keys/workspace");
  await app.close();
});

test("the probe believes the gateway's readiness, and asks at most once a second", async () => {
  let asked = 0;
  let status = 200;
  const gateway = buildApp({ logger, isGatewayReady: async () => true });
  gateway.get("/health/readiness", async (_request, reply) => {
    asked += 1;
    return reply.code(status).send({});
  });
  const url = await gateway.listen({ port: 0, host: "127.0.0.1" });
  let now = 0;
  const probe = createGatewayProbe(url, () => now);
  await expect(Promise.all([probe(), probe()])).resolves.toEqual([true, true]);
  expect(asked).toBe(1);
  status = 503;
  now = 1000;
  await expect(probe()).resolves.toBe(false);
  await gateway.close();
  now = 2000;
  await expect(probe()).resolves.toBe(false);
});

test("configuration", () => {
  expect(loadConfig({})).toEqual({
    port: 8100,
    host: "0.0.0.0",
    gatewayUrl: "http://litellm:4000",
    logLevel: "info",
  });
  expect(() => loadConfig({ PORT: "x", GATEWAY_URL: "litellm" })).toThrow(/PORT: .*\nGATEWAY_URL: /);
});
