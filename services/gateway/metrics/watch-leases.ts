import type { Ledger } from "../ledger/ledger";
import type { MetricsRegistry } from "./registry";

/** In seconds: a statement takes a millisecond or two, a synced one on a slow disk some tens. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Shows what a ledger holds, how long it waits for it, and what it settled for others. */
export function watchLeases(registry: MetricsRegistry, ledger: Pick<Ledger, "leases" | "watch">): void {
  registry.gauge("gateway_budget_leases_held", "Budgets of which room is leased.", () => ledger.leases);
  const duration = registry.histogram(
    "gateway_lease_duration_seconds",
    "Asking the database for leases, of several budgets at a time.",
    [],
    BOUNDS,
  );
  const settled = registry.counter(
    "gateway_dead_owner_settlements_total",
    "Owners of leases that were given up for dead and settled.",
  );
  settled.add(0);
  ledger.watch({
    onAsked: (ms) => duration.observe(ms / 1000),
    onSettled: (owners) => settled.add(owners),
  });
}
