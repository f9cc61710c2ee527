import { GatewayError } from "../../../../services/gateway/errors/gateway-error";
import { tookTooLong } from "../../../../services/gateway/providers/client";
import { DEFAULT_ROUTING } from "../../../../services/gateway/providers/deployment";
import {
  DeploymentHealth,
  HangingAttempts,
  type TrackedAttempt,
} from "../../../../services/gateway/providers/health";
import { anthropicDeployment } from "../../../support/services/test-gateway";

describe("deployment health", () => {
  const FIRST = anthropicDeployment();
  const SECOND = anthropicDeployment({ id: "the-second" });
  const GROUP = [FIRST, SECOND];
  const PATIENCE_MS = 5000;
  const TIMEOUT = tookTooLong("first byte timeout");
  const FULL = new GatewayError(503, "server_error", "", { code: "overloaded", upstreamStatus: 529 });

  let now: number;
  let health: DeploymentHealth;
  const onCooling = jest.fn();
  beforeEach(() => {
    jest.clearAllMocks();
    now = 1000;
    health = new DeploymentHealth({ clock: { now: () => now }, onCooling });
  });

  const begin = () => health.begin(FIRST, PATIENCE_MS) as TrackedAttempt;
  const order = () => health.order(GROUP, DEFAULT_ROUTING).map(({ id }) => id);
  const fail = (attempt: TrackedAttempt, error = TIMEOUT) =>
    attempt.failed(error, "failing", DEFAULT_ROUTING);

  test("more attempts that hang than may fail: the deployment is asked last, until one of them is heard of", () => {
    const attempts = [begin(), begin(), begin()];
    now += PATIENCE_MS;
    expect(order()).toEqual([FIRST.id, SECOND.id]);
    now += 1;
    expect(order()).toEqual([SECOND.id, FIRST.id]);
    attempts[0]?.heard();
    expect(order()).toEqual([FIRST.id, SECOND.id]);
    now += PATIENCE_MS + 1;
    // Two hang still, which may happen.
    expect(order()).toEqual([FIRST.id, SECOND.id]);
  });

  test.each<[string, (begin: TrackedAttempt) => void]>([
    ["answers", (one) => one.succeeded()],
    ["refuses", (one) => fail(one, FULL)],
  ])("a deployment that %s somebody does not hang", (_name, end) => {
    for (let count = 0; count < 3; count += 1) begin();
    now += PATIENCE_MS + 1;
    end(begin());
    expect(order()).toEqual([FIRST.id, SECOND.id]);
  });

  test("the first attempt whose time is over has the deployment cool down when two more hang beside it", () => {
    const attempts = Array.from({ length: 100 }, begin);
    now += 25_000;
    fail(attempts[0] as TrackedAttempt);
    expect(health.cooling(FIRST)).toMatchObject({ blame: "failing", waitMs: 5000 });
    // The others fail soon after: it is the same event, said once.
    for (const other of attempts.slice(1)) {
      now += 3;
      fail(other);
    }
    expect(onCooling).toHaveBeenCalledTimes(1);
    expect(health.begin(FIRST, PATIENCE_MS)).toBeUndefined();
  });

  test("attempts that have begun just now do not count with one that fails", () => {
    const first = begin();
    now += 25_000;
    for (let count = 0; count < 100; count += 1) begin();
    fail(first);
    expect(health.cooling(FIRST)).toBeUndefined();
  });

  test("other failures than silence count alone", () => {
    const attempts = [begin(), begin(), begin(), begin()];
    now += 25_000;
    fail(attempts[0] as TrackedAttempt, FULL);
    expect(health.cooling(FIRST)).toBeUndefined();
  });

  test("after the cool-down one request probes, however many come", () => {
    const attempts = [begin(), begin(), begin()];
    now += 25_000;
    for (const one of attempts) fail(one);
    now += 5001;
    const probe = begin();
    expect([health.begin(FIRST, PATIENCE_MS), health.cooling(FIRST)?.waitMs]).toEqual([undefined, 1000]);
    fail(probe);
    expect(health.cooling(FIRST)?.waitMs).toBe(10_000);
    expect(onCooling).toHaveBeenCalledTimes(2);
  });
});

describe("hanging attempts", () => {
  const MANY = 1000;
  let attempts: HangingAttempts;
  beforeEach(() => {
    attempts = new HangingAttempts();
  });

  test("an attempt hangs when it waits for longer than is usual, until it is heard of or over", () => {
    const ends = [attempts.begin(0, 100), attempts.begin(50, 100), attempts.begin(0, 500)];
    expect(attempts.count(100, MANY)).toBe(0);
    expect(attempts.count(101, MANY)).toBe(1);
    expect(attempts.count(151, MANY)).toBe(2);
    expect(attempts.count(501, MANY)).toBe(3);
    for (const end of ends) {
      end();
      end();
    }
    expect(attempts.count(501, MANY)).toBe(0);
  });

  test("none hangs at a deployment that says something to somebody", () => {
    for (let count = 0; count < 5; count += 1) attempts.begin(0, 100);
    attempts.heard(150);
    expect(attempts.count(250, MANY)).toBe(0);
    expect(attempts.count(251, MANY)).toBe(5);
  });

  test("no more are counted than is wanted", () => {
    for (let count = 0; count < 5; count += 1) attempts.begin(0, 100);
    expect(attempts.count(200, 3)).toBe(3);
  });
});
