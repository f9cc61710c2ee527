import type { Deployment, ModelCatalog } from "../routing/deployment";
import type { RoutingSettings } from "../routing/routing-settings";

/**
 * The catalogue in force. Whoever holds it sees each new one from the moment it is put in place; a request takes
 * what it needs when it begins, so a running one keeps the deployments it has.
 */
export class LiveCatalog implements ModelCatalog {
  #current: ModelCatalog;

  constructor(first: ModelCatalog) {
    this.#current = first;
  }

  get groups(): ReadonlyMap<string, readonly Deployment[]> {
    return this.#current.groups;
  }

  get mayDropParams(): boolean {
    return this.#current.mayDropParams;
  }

  get maxEndUserBudgetNano(): number | undefined {
    return this.#current.maxEndUserBudgetNano;
  }

  get routing(): RoutingSettings {
    return this.#current.routing;
  }

  replace(next: ModelCatalog): void {
    this.#current = next;
  }
}
