import { CONTEXT_LENGTH, MAX_MATCH_LENGTH, takeIf } from "../../../../services/gateway/guardrails/pattern";
import { PATTERNS } from "../../../../services/gateway/guardrails/screening";

test("takeIf takes a candidate whole or not at all", () => {
  const measure = takeIf((candidate, before) => candidate === "x1" && before.endsWith("key="));
  expect(measure("x1", "key=")).toBe(2);
  expect(measure("x1", "")).toBe(0);
  expect(measure("y1", "key=")).toBe(0);
});

describe.each(PATTERNS.map((pattern) => [pattern.id, pattern] as const))("%s", (id, { regex, reach }) => {
  it("has a name that fits into masks and metrics", () => expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/));

  it("is found again and again in one text", () => expect(regex.global).toBe(true));

  it("has a bound on every counted quantifier", () => {
    const bounds = [...regex.source.matchAll(/\{\d+,(\d*)\}/g)].map(([, most]) => most);
    expect(bounds).not.toContain("");
    for (const most of bounds) expect(Number(most)).toBeLessThanOrEqual(MAX_MATCH_LENGTH);
  });

  it("reaches no further than what is kept of a piece", () => {
    expect(reach ?? CONTEXT_LENGTH).toBeLessThanOrEqual(MAX_MATCH_LENGTH);
  });
});
