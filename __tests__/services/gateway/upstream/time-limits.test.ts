import type { DeploymentTimeouts } from "../../../../services/gateway/routing/deployment";
import { Secret } from "../../../../services/gateway/secret";
import { UpstreamClient } from "../../../../services/gateway/upstream/client";
import { timeLimitsOf } from "../../../../services/gateway/upstream/time-limits";
import { anthropicDeployment } from "../../../support/services/test-gateway";

const { timeouts: defaults } = new UpstreamClient();
const SHORT = { bodyBytes: 1000, isThinking: false, isStream: true };
const of = (request: Partial<typeof SHORT> = {}, timeouts?: DeploymentTimeouts) =>
  timeLimitsOf(anthropicDeployment({ timeouts }), { ...SHORT, ...request }, defaults);

test.each([
  ["a short prompt", {}, 25_000],
  ["thinking", { isThinking: true }, 90_000],
  ["a prompt of 800 kB, some 200,000 tokens", { bodyBytes: 800 * 1024 }, 45_000],
  ["32 MB, most of them images", { bodyBytes: 32 * 1024 * 1024 }, 120_000],
])("without settings, %s has its time to the first event", (_name, request, firstEventMs) => {
  expect(of(request)).toEqual({ firstEventMs, idleMs: 90_000, totalMs: undefined });
});

test("Bedrock, which sends no pings, may be silent for longer between two events", () => {
  const access = {
    provider: "bedrock",
    region: "us-east-1",
    credentials: { apiKey: new Secret("x") },
    api: "invoke",
  } as const;
  expect(timeLimitsOf({ access }, SHORT, defaults).idleMs).toBe(270_000);
});

test("stream_timeout is for the first event, whatever is asked for", () => {
  const timeouts = { firstEventMs: 5000 };
  for (const request of [{}, { isThinking: true }, { isStream: false }])
    expect(of(request, timeouts).firstEventMs).toBe(5000);
  expect(of({}, { firstEventMs: 60_000 }).firstEventMs).toBe(60_000);
});

test.each([
  ["one piece", { isStream: false }, { firstEventMs: 10_000, idleMs: 10_000, totalMs: 10_000 }],
  ["a stream, which may go on for longer", {}, { firstEventMs: 10_000, idleMs: 10_000, totalMs: undefined }],
])("timeout of an answer in %s", (_name, request, expected) => {
  expect(of(request, { wholeMs: 10_000 })).toEqual(expected);
});

test("a long timeout does not make hanging deployments wait for longer", () => {
  expect(of({ isStream: false }, { wholeMs: 600_000 })).toEqual({
    firstEventMs: 25_000,
    idleMs: 90_000,
    totalMs: 600_000,
  });
});

test("stream_timeout goes before timeout for the first event", () => {
  expect(of({}, { firstEventMs: 30_000, wholeMs: 10_000 }).firstEventMs).toBe(30_000);
});
