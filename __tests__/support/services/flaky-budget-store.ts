import type { BudgetStore } from "../../../services/gateway/store/budget-store";
import { StoreUnavailableError } from "../../../services/gateway/store/key-store";
import type { Random } from "./random";

/** A store that loses the answer to a question about leases now and then, after or before it was acted on. @param rate from 0 to 1 */
export function flakyBudgetStore(store: BudgetStore, random: Random, rate: number): BudgetStore {
  const unsure = async <Value>(act: () => Promise<Value>): Promise<Value> => {
    const dice = rate === 0 ? 1 : random.next();
    if (dice < rate / 2) throw new StoreUnavailableError("lost before");
    const value = await act();
    if (dice < rate) throw new StoreUnavailableError("lost after");
    return value;
  };
  return {
    register: (owner, ttlMs) => store.register(owner, ttlMs),
    heartbeat: (owners, ttlMs) => store.heartbeat(owners, ttlMs),
    acquire: (owner, requests) => unsure(() => store.acquire(owner, requests)),
    create: (budget) => store.create(budget),
    giveBack: (owner, returns) => unsure(() => store.giveBack(owner, returns)),
    recall: (budget) => store.recall(budget),
    onRecall: (listener) => store.onRecall(listener),
    recover: () => store.recover(),
    retire: (owner) => store.retire(owner),
    spentNano: (budget) => store.spentNano(budget),
    setSpent: (budget, spent) => store.setSpent(budget, spent),
  };
}
