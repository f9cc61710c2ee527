import { callApp } from "../../../support/services/call-app";
import { FakeAnthropic, failWith } from "../../../support/services/fake-anthropic";
import {
  anthropicDeployment,
  buildTestGateway,
  MASTER_KEY,
  MODEL,
  type TestGateway,
} from "../../../support/services/test-gateway";

let first: FakeAnthropic;
let second: FakeAnthropic;
let gateway: TestGateway;

beforeEach(async () => {
  [first, second] = await Promise.all([FakeAnthropic.start(), FakeAnthropic.start()]);
  gateway = buildTestGateway({
    deployments: [
      anthropicDeployment({ baseUrl: first.url }),
      anthropicDeployment({ id: "the-second", baseUrl: second.url }),
    ],
    routing: { retryWaitMs: 1 },
  });
});
afterEach(async () => {
  await gateway.close();
  await Promise.all([first.stop(), second.stop()]);
});

const ask = () =>
  callApp(gateway.app, {
    method: "POST",
    url: "/v1/chat/completions",
    headers: { authorization: `Bearer ${MASTER_KEY}` },
    payload: { model: MODEL, messages: [{ role: "user", content: "x" }] },
  });

/** Lines of `/metrics` about providers, without those of single buckets. */
async function lines(): Promise<string[]> {
  const { body } = await callApp(gateway.app, { url: "/metrics" });
  return body
    .split("\n")
    .filter((line) => /^gateway_(?:upstream|deployment|failovers)/.test(line) && !/_bucket|_sum/.test(line));
}

test("requests, times and cool-downs of each deployment", async () => {
  await ask();
  first.script = failWith(429, "rate_limit_error", "", { "retry-after": "60" });
  await ask();
  await ask();
  expect(await lines()).toEqual([
    `gateway_deployment_cooling_down{deployment="${MODEL}/0"} 1`,
    'gateway_deployment_cooling_down{deployment="the-second"} 0',
    'gateway_deployment_cooling_down{deployment="claude-haiku-4-5/0"} 0',
    `gateway_upstream_requests_total{deployment="${MODEL}/0",outcome="success"} 1`,
    `gateway_upstream_requests_total{deployment="${MODEL}/0",outcome="rate_limit_exceeded"} 1`,
    'gateway_upstream_requests_total{deployment="the-second",outcome="success"} 2',
    `gateway_upstream_duration_seconds_count{deployment="${MODEL}/0"} 2`,
    'gateway_upstream_duration_seconds_count{deployment="the-second"} 2',
    `gateway_upstream_time_to_first_token_seconds_count{deployment="${MODEL}/0"} 1`,
    'gateway_upstream_time_to_first_token_seconds_count{deployment="the-second"} 2',
    `gateway_failovers_total{model="${MODEL}"} 1`,
  ]);
});

test("a request that is sent again to the same deployment is a retry, not a failover", async () => {
  first.script = failWith(401, "authentication_error", "");
  second.script = failWith(529, "overloaded_error", "");
  await ask();
  expect(await lines()).toEqual(
    expect.arrayContaining([
      `gateway_failovers_total{model="${MODEL}"} 1`,
      'gateway_upstream_retries_total{deployment="the-second"} 1',
      `gateway_upstream_requests_total{deployment="${MODEL}/0",outcome="upstream_auth"} 1`,
      'gateway_upstream_requests_total{deployment="the-second",outcome="overloaded"} 2',
    ]),
  );
});
