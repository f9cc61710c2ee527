import { randomUUID } from "node:crypto";
import { MemoryBudgetStore } from "../../../../services/gateway/adapters/memory/budget-store";
import { Ledger } from "../../../../services/gateway/ledger/ledger";
import { MetricsRegistry } from "../../../../services/gateway/metrics/registry";
import { watchLeases } from "../../../../services/gateway/metrics/watch-leases";

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
  await ledger.reserve(budgets, { fullNano: 1, ampleNano: 1, leastNano: 1 });
  const lines = registry.render().split("\n");
  expect(lines).toContain("gateway_budget_leases_held 2");
  expect(lines).toContain("gateway_lease_duration_seconds_count 1");
  await store.register(randomUUID(), -1000);
  jest.spyOn(store, "heartbeat").mockImplementation((owners) => Promise.resolve(owners));
  await ledger.beat();
  expect(registry.render()).toMatch(/\ngateway_dead_owner_settlements_total [12]\n/);
});
