import { callApp } from "../../../support/services/call-app";
import {
  buildTestGateway,
  MASTER_KEY,
  MODEL,
  type TestGateway,
} from "../../../support/services/test-gateway";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = buildTestGateway();
  await gateway.addKey("sk-haiku-only-00000", { models: ["claude-haiku-4-5"] });
});
afterAll(() => gateway.close());

const get = (url: string, key = MASTER_KEY) =>
  callApp(gateway.app, { url, headers: { authorization: `Bearer ${key}` } });

test.each(["/model/info", "/v1/model/info"])("%s shows limits and prices in USD a token", async (url) => {
  const response = await get(url);
  expect(response.json().data[0]).toMatchObject({
    model_name: MODEL,
    litellm_params: { model: `${MODEL}-20250929` },
    model_info: {
      id: `${MODEL}/0`,
      max_output_tokens: 64_000,
      input_cost_per_token: 3e-6,
      output_cost_per_token: 15e-6,
      cache_read_input_token_cost: 3e-7,
    },
  });
  expect(response.body).not.toContain("upstream-credential");
});

test("a key sees the models it may use; an id picks one", async () => {
  const names = (data: { model_name: string }[]) => data.map((one) => one.model_name);
  expect(names((await get("/model/info", "sk-haiku-only-00000")).json().data)).toEqual(["claude-haiku-4-5"]);
  expect(names((await get(`/model/info?litellm_model_id=${MODEL}/0`)).json().data)).toEqual([MODEL]);
});
