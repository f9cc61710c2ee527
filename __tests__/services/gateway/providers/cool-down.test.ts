import { GatewayError } from "../../../../services/gateway/errors/gateway-error";
import {
  admit,
  afterFailure,
  afterInconclusive,
  afterSuccess,
  type BlamedFailure,
  type CoolDownState,
  HEALTHY,
  judgeFailure,
} from "../../../../services/gateway/providers/cool-down";
import { toUpstreamError } from "../../../../services/gateway/providers/upstream-error";

describe("cool down", () => {
  const SETTINGS = { allowedFails: 2, coolDownMs: 5000 };
  const FAILING: BlamedFailure = { blame: "failing", retryAfterMs: undefined };
  const fail = (state: CoolDownState, nowMs: number, failure = FAILING) =>
    afterFailure(state, failure, nowMs, SETTINGS);
  const cooling = (untilMs: number, rounds = 0): CoolDownState => ({
    phase: "cooling",
    blame: "failing",
    rounds,
    untilMs,
  });
  const PROBING: CoolDownState = { phase: "probing", blame: "failing", rounds: 0 };

  test("only failures in a row cool down", () => {
    let state = fail(fail(HEALTHY, 0), 0);
    expect(state).toEqual({ phase: "healthy", fails: 2 });
    expect(fail(state, 1000)).toEqual(cooling(6000));
    state = afterSuccess(state, false);
    expect(fail(state, 1000)).toEqual({ phase: "healthy", fails: 1 });
  });

  test("attempts that hang beside one that fails count with it", () => {
    const state = fail(HEALTHY, 0, { ...FAILING, hanging: 1 });
    expect(state).toEqual({ phase: "healthy", fails: 1 });
    expect(fail(state, 0, { ...FAILING, hanging: 1 })).toEqual(cooling(5000));
    expect(fail(HEALTHY, 0, { ...FAILING, hanging: 2 })).toEqual(cooling(5000));
  });

  test.each([
    ["rate-limit", 30_000, 30_000],
    ["rate-limit", undefined, 5000],
    ["rate-limit", 86_400_000, 300_000],
    ["misconfigured", undefined, 60_000],
  ] as const)("%s cools down at once, asked for %s ms: %i ms", (blame, retryAfterMs, expected) => {
    expect(fail(HEALTHY, 0, { blame, retryAfterMs })).toEqual({
      phase: "cooling",
      blame,
      rounds: 0,
      untilMs: expected,
    });
  });

  test("after the cool-down exactly one request probes", () => {
    const state = cooling(6000);
    expect(admit(state, 5999)).toEqual({ isAdmitted: false, blame: "failing", waitMs: 1 });
    const probe = admit(state, 6000);
    expect(probe).toEqual({ isAdmitted: true, isProbe: true, state: PROBING });
    expect(admit(PROBING, 7000)).toMatchObject({ isAdmitted: false });
  });

  test("a probe that goes well ends it, one that fails doubles it, one without a verdict leaves it to the next", () => {
    expect(afterSuccess(PROBING, true)).toEqual(HEALTHY);
    expect(fail(PROBING, 6000)).toEqual(cooling(16_000, 1));
    expect(admit(afterInconclusive(PROBING, true, 6000), 6000)).toMatchObject({
      isAdmitted: true,
      isProbe: true,
    });
  });

  test("requests from before the cool-down neither end nor shorten it", () => {
    const state = cooling(60_000);
    expect(afterSuccess(state, false)).toBe(state);
    expect(fail(state, 0)).toBe(state);
    expect(afterInconclusive(PROBING, false, 0)).toBe(PROBING);
  });

  test("cool-downs double up to five minutes", () => {
    expect(fail({ ...PROBING, rounds: 50 }, 0)).toEqual(cooling(300_000, 51));
  });

  test("without cool-downs nothing is remembered", () => {
    const never = { allowedFails: 0, coolDownMs: 0 };
    expect(afterFailure(HEALTHY, { blame: "misconfigured", retryAfterMs: 9 }, 0, never)).toEqual(HEALTHY);
  });
});

describe("judge failure", () => {
  test.each([
    [400, "max_tokens: wrong", undefined],
    [400, "prompt is too long: 1", undefined],
    [413, "", undefined],
    [409, "", undefined],
    [400, "You have reached your specified API usage limits", "misconfigured"],
    [400, "Invocation with on-demand throughput isn’t supported", "misconfigured"],
    [400, "The provided model identifier is invalid.", "misconfigured"],
    [401, "", "misconfigured"],
    [402, "", "misconfigured"],
    [403, "", "misconfigured"],
    [404, "", "misconfigured"],
    [408, "", "failing"],
    [429, "", "rate-limit"],
    [500, "", "failing"],
    [502, "", "failing"],
    [503, "", "failing"],
    [504, "", "failing"],
    [529, "", "failing"],
    [302, "", "failing"],
  ])("a provider's %i %s: %s", (status, text, blame) => {
    const error = toUpstreamError({ status, message: text });
    expect(judgeFailure(error)).toBe(blame);
    // The caller's own key has nothing to do with it.
    expect([401, 403]).not.toContain(error.status);
  });

  test("a client that left is nobody's fault", () => {
    expect(judgeFailure(new GatewayError(499, "client_closed", ""))).toBeUndefined();
  });
});
