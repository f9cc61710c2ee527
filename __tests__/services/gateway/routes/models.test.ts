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
    code: "404",
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
