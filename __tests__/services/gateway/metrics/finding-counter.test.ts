import { createFindingCounter } from "../../../../services/gateway/metrics/finding-counter";
import { MetricsRegistry } from "../../../../services/gateway/metrics/registry";

describe("createFindingCounter", () => {
  it("counts matches by pattern and action, without the place", () => {
    const registry = new MetricsRegistry();
    const count = createFindingCounter(registry);
    count("mask", [
      { patternId: "jwt", path: "messages.0.content", count: 2 },
      { patternId: "jwt", path: "messages.1.content", count: 1 },
    ]);
    count("block", [{ patternId: "iban", path: "messages.0.content", count: 1 }]);
    expect(registry.render().split("\n").slice(2)).toEqual([
      'gateway_guardrail_matches_total{pattern="jwt",action="mask"} 3',
      'gateway_guardrail_matches_total{pattern="iban",action="block"} 1',
      "",
    ]);
  });
});
