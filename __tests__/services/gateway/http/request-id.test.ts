import { callApp } from "../../../support/services/call-app";
import { buildTestGateway, MASTER_KEY, type TestGateway } from "../../../support/services/test-gateway";

let gateway: TestGateway;
beforeEach(() => {
  gateway = buildTestGateway();
});
afterEach(() => gateway.close());

const headersFor = async (headers: Record<string, string>, url = "/v1/models") =>
  (await callApp(gateway.app, { url, headers: { "x-api-key": MASTER_KEY, ...headers } })).headers;

test("every answer has an id of the gateway's own", async () => {
  const headers = await headersFor({ "x-request-id": "the-client's" });
  expect(headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
  expect(headers["x-litellm-call-id"]).toBe(headers["x-request-id"]);
  expect(headers).not.toHaveProperty("request-id");
});

test.each(["/v1/models", "/nowhere"])(
  "Anthropic's clients find it under the name they know: %s",
  async (url) => {
    const headers = await headersFor({ "anthropic-version": "2023-06-01" }, url);
    expect(headers["request-id"]).toBe(headers["x-request-id"]);
  },
);
