import { callApp } from "../../../support/services/call-app";
import {
  buildTestGateway,
  MASTER_KEY,
  MODEL,
  type TestGateway,
} from "../../../support/services/test-gateway";

let gateway: TestGateway;
beforeEach(async () => {
  gateway = buildTestGateway();
  await gateway.addKey("sk-restricted-00000", { models: [MODEL] });
});
afterEach(() => gateway.close());

const get = (url: string, key = MASTER_KEY) => callApp(gateway.app, { url, headers: { "x-api-key": key } });
const model = (id: string) => ({ id, object: "model", created: 1_677_610_602, owned_by: "openai" });

test.each(["/v1/models", "/models"])("GET %s lists what can be used, each once", async (url) => {
  expect((await get(url)).json()).toEqual({
    object: "list",
    data: [model(MODEL), model("claude-haiku-4-5")],
  });
  expect((await get(url, "sk-restricted-00000")).json()).toEqual({ object: "list", data: [model(MODEL)] });
});

test.each(["/v1/models", "/models"])("GET %s/:id", async (url) => {
  expect((await get(`${url}/${MODEL}`)).json()).toEqual(model(MODEL));
  expect((await get(`${url}/nope`)).statusCode).toBe(404);
  expect((await get(`${url}/without-deployment`)).statusCode).toBe(404);
  expect((await get(`${url}/claude-haiku-4-5`, "sk-restricted-00000")).json().error).toMatchObject({
    param: "model",
    type: "invalid_request_error",
    code: "model_not_found",
  });
});

describe("for a client that sends anthropic-version", () => {
  const ask = (url: string, key = MASTER_KEY) =>
    callApp(gateway.app, { url, headers: { "x-api-key": key, "anthropic-version": "2023-06-01" } });
  const entry = (id: string) => ({
    type: "model",
    id,
    display_name: id,
    created_at: "2023-02-28T18:56:42.000Z",
  });

  test.each(["/v1/models", "/models", "/v1/models?limit=1000"])(
    "GET %s has Anthropic's form, all in one page",
    async (url) => {
      expect((await ask(url)).json()).toEqual({
        data: [entry(MODEL), entry("claude-haiku-4-5")],
        has_more: false,
        first_id: MODEL,
        last_id: "claude-haiku-4-5",
      });
    },
  );

  test("nothing to use is an empty page", async () => {
    await gateway.addKey("sk-without-models-0", { models: ["nope"] });
    expect((await ask("/v1/models", "sk-without-models-0")).json()).toEqual({
      data: [],
      has_more: false,
      first_id: null,
      last_id: null,
    });
  });

  test("GET /v1/models/:id, and 404 and 401 in Anthropic's words", async () => {
    expect((await ask(`/v1/models/${MODEL}`)).json()).toEqual(entry(MODEL));
    const missing = await ask("/v1/models/nope");
    expect([missing.statusCode, missing.json().error.type]).toEqual([404, "not_found_error"]);
    const unknown = await ask("/v1/models", "sk-nobody-0000000");
    expect([unknown.statusCode, unknown.json().error.type]).toEqual([401, "authentication_error"]);
  });
});

test("a key may not use what it does not list, whatever the body says", async () => {
  const response = await callApp(gateway.app, {
    method: "POST",
    url: "/v1/chat/completions",
    headers: { authorization: "Bearer sk-restricted-00000" },
    payload: { model: "claude-haiku-4-5", messages: [{ role: "user", content: "x" }] },
  });
  expect(response.statusCode).toBe(403);
  expect(response.json().error).toMatchObject({
    type: "key_model_access_denied",
    param: "model",
    code: "403",
  });
});
