import { randomUUID } from "node:crypto";
import { createFindingCounter, watchLeases } from "../../../../services/gateway/http/metrics";
import { Ledger } from "../../../../services/gateway/money/ledger/ledger";
import { MetricsRegistry } from "../../../../services/shared/metrics-registry";
import { callApp } from "../../../support/services/call-app";
import { RawConnection, rawRequest } from "../../../support/services/raw-connection";
import { valueOfSeries } from "../../../support/services/read-exposition";
import { buildTestGateway, MASTER_KEY, MODEL } from "../../../support/services/test-gateway";
import { MemoryBudgetStore } from "../../../support/stores/budget-store";

describe("metrics", () => {
  test("counts requests by route, without a credential and without saying who", async () => {
    const gateway = buildTestGateway();
    const headers = { authorization: `Bearer ${MASTER_KEY}` };
    await gateway.addKey("sk-secret-key-00000", { keyAlias: "secret-alias", userId: "secret-user" });
    await callApp(gateway.app, { url: "/v1/models/claude-haiku-4-5", headers });
    await callApp(gateway.app, { url: "/v1/models/nothing", headers });
    for (let index = 0; index < 5; index += 1) await callApp(gateway.app, { url: `/made-up-${index}` });
    const ask = (model: string) =>
      callApp(gateway.app, {
        method: "POST",
        url: "/v1/chat/completions",
        headers,
        payload: { model, messages: [{ role: "user", content: "x" }] },
      });
    await ask("made-up-model");
    await ask(MODEL);
    const { headers: answered, body } = await callApp(gateway.app, { url: "/metrics" });
    await gateway.close();

    expect(answered["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
    const requests = "gateway_http_requests_total";
    expect(body).toContain(`${requests}{method="GET",route="/v1/models/:id",status="200"} 1`);
    expect(body).toContain(`${requests}{method="GET",route="/v1/models/:id",status="404"} 1`);
    expect(body).toContain(`${requests}{method="unknown",route="unknown",status="404"} 5`);
    expect(body).toContain('gateway_model_requests_total{model="unknown",status="404"} 1');
    expect(body).toContain(`gateway_model_requests_total{model="${MODEL}",status="502"} 1`);
    expect(body).toContain("gateway_answers_in_flight 0");
    expect(body).toContain("gateway_audit_accepting 1");
    expect(body).not.toMatch(/secret|made-up|sk-/);
  });

  test("counts refusals and failures by their reason, in the gateway's own words", async () => {
    const gateway = buildTestGateway({ capacity: { maxAnswers: 1 } });
    const ask = (key: string, payload: object) =>
      callApp(gateway.app, {
        method: "POST",
        url: "/v1/chat/completions",
        headers: { authorization: `Bearer ${key}` },
        payload,
      });
    const messages = [{ role: "user", content: "x" }];
    await ask("sk-unknown-key-00000", { model: MODEL, messages });
    await ask(MASTER_KEY, { model: "nothing", messages });
    await ask(MASTER_KEY, { model: MODEL, messages });
    await callApp(gateway.app, { url: "/nowhere" });
    const { body } = await callApp(gateway.app, { url: "/metrics" });
    await gateway.close();
    const reasons = [...body.matchAll(/^gateway_http_errors_total\{reason="(\w+)"\} (\d+)$/gm)].map(
      ([, reason, count]) => [reason, Number(count)],
    );
    expect(Object.fromEntries(reasons)).toEqual({
      token_not_found_in_db: 1,
      model_not_found: 1,
      upstream_unreachable: 1,
      invalid_request_error: 1,
    });
  });

  test("what is no HTTP, or has no path that can be read, counts too", async () => {
    const gateway = buildTestGateway();
    const url = await gateway.listen();
    for (const bytes of ["NONSENSE\r\n\r\n", rawRequest("GET", "/v1/%zz")]) {
      const connection = await RawConnection.open(url);
      connection.send(bytes);
      await connection.answers();
      connection.close();
    }
    const text = await (await fetch(`${url}/metrics`)).text();
    await gateway.close();
    expect(valueOfSeries(text, 'gateway_http_errors_total{reason="invalid_request_error"}')).toBe(2);
  });
});

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

test("leases that are held, questions for them and owners that were settled are shown", async () => {
  const store = new MemoryBudgetStore();
  const ledger = new Ledger({ store, logger: { warn: () => {}, info: () => {} }, ttlMs: 0 });
  const registry = new MetricsRegistry();
  watchLeases(registry, ledger);
  expect(registry.render()).toContain("\ngateway_dead_owner_settlements_total 0\n");
  const budgets = ["key:1", "user:1"].map((account) => ({
    account,
    period: "all",
    limitNano: 1000,
    since: null,
  }));
  await ledger.reserve(budgets, { fullNano: 1, preferredNano: 1, leastNano: 1 });
  const lines = registry.render().split("\n");
  expect(lines).toContain("gateway_budget_leases_held 2");
  expect(lines).toContain("gateway_lease_duration_seconds_count 1");
  await store.register(randomUUID(), -1000);
  jest.spyOn(store, "heartbeat").mockImplementation((owners) => Promise.resolve(owners));
  await ledger.beat();
  expect(registry.render()).toMatch(/\ngateway_dead_owner_settlements_total [12]\n/);
});
