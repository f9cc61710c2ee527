import { callApp } from "../../../support/services/call-app";
import { FakeAnthropic, failWith } from "../../../support/services/fake-anthropic";
import {
  anthropicDeployment,
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

test("one that is cooling down after a failure is unhealthy, for how long and why", async () => {
  const [busy, well] = [await FakeAnthropic.start(), await FakeAnthropic.start()];
  busy.script = failWith(429, "rate_limit_error", "slow down");
  const other = buildTestGateway({
    deployments: [
      anthropicDeployment({ baseUrl: busy.url }),
      anthropicDeployment({ id: `${MODEL}/1`, baseUrl: well.url }),
    ],
  });
  const headers = { authorization: `Bearer ${MASTER_KEY}` };
  const payload = { model: MODEL, messages: [{ role: "user", content: "x" }] };
  const url = "/v1/chat/completions";
  expect((await callApp(other.app, { method: "POST", url, headers, payload })).statusCode).toBe(200);
  const health = (await callApp(other.app, { url: "/health", headers })).json();
  expect(health.unhealthy_endpoints).toEqual([
    {
      model_name: MODEL,
      model: `${MODEL}-20250929`,
      model_id: `${MODEL}/0`,
      error: expect.stringMatching(/^cooling down for \d+ s, because its provider's rate limit is reached$/),
      cooling_down_seconds: expect.any(Number),
    },
    expect.objectContaining({ model_id: "bedrock/0" }),
  ]);
  expect(health.unhealthy_endpoints[0].cooling_down_seconds).toBeGreaterThan(0);
  await Promise.all([other.close(), busy.stop(), well.stop()]);
});

test.each(["model=bedrock", "model_id=bedrock/0"])("about one: %s", async (query) => {
  expect((await get(`/health?${query}`)).json()).toMatchObject({ healthy_count: 0, unhealthy_count: 1 });
});
