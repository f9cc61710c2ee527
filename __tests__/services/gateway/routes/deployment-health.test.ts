import { callApp } from "../../../support/services/call-app";
import {
  buildTestGateway,
  MASTER_KEY,
  MODEL,
  type TestGateway,
} from "../../../support/services/test-gateway";

let gateway: TestGateway;
beforeAll(() => {
  gateway = buildTestGateway();
});
afterAll(() => gateway.close());

const get = (url: string) =>
  callApp(gateway.app, { url, headers: { authorization: `Bearer ${MASTER_KEY}` } });

test("says which deployments can be used and why others cannot, without asking a provider", async () => {
  expect((await get("/health")).json()).toEqual({
    healthy_endpoints: [{ model_name: MODEL, model: `${MODEL}-20250929`, model_id: `${MODEL}/0` }],
    unhealthy_endpoints: [
      { model_name: "bedrock", model: "bedrock/x", model_id: "bedrock/0", error: "AWS_REGION is not set" },
    ],
    healthy_count: 1,
    unhealthy_count: 1,
  });
});

test.each(["model=bedrock", "model_id=bedrock/0"])("about one: %s", async (query) => {
  expect((await get(`/health?${query}`)).json()).toMatchObject({ healthy_count: 0, unhealthy_count: 1 });
});
