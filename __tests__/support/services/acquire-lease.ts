import type {
  BudgetId,
  BudgetStore,
  Lease,
  LeaseRequest,
} from "../../../services/gateway/store/budget-store";

/** Longest wait for a budget that others have locked: on a busy machine forty who ask at once take a while. */
const LOCKED_MS = 10_000;

/**
 * Asks a store for room of one budget, which is made when nobody has used it yet; while others have it locked, again, as gateways do.
 * @throws what the store says of it
 */
export async function acquireLease(
  store: Pick<BudgetStore, "acquire" | "create">,
  { owner, ...request }: LeaseRequest & { readonly owner: string },
): Promise<Lease> {
  const end = performance.now() + LOCKED_MS;
  let [answer] = await store.acquire(owner, [request]);
  if (answer === "missing") {
    await store.create(request);
    [answer] = await store.acquire(owner, [request]);
  }
  while (answer === "locked" && performance.now() < end) [answer] = await store.acquire(owner, [request]);
  if (answer === undefined || answer === "missing" || answer === "locked")
    throw new Error(`${request.account}: ${answer}`);
  if (answer instanceof Error) throw answer;
  return answer;
}

/** Gives room of one budget back. */
export async function giveBackLease(
  store: Pick<BudgetStore, "giveBack">,
  owner: string,
  { account, period }: BudgetId,
  amountNano: number,
): Promise<void> {
  await store.giveBack(owner, [{ account, period, amountNano }]);
}
