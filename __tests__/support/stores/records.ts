import type { Authorship, Limits } from "../../../services/gateway/store/key-store";
import type { Clock } from "../../../services/shared/clock";

/** Records in the process, under ids that whoever makes them chooses. */
export class MemoryRecords<Item extends Authorship> {
  readonly #items = new Map<string, Item>();

  constructor(
    readonly clock: Clock,
    /** A record of which nothing is set yet. */
    readonly empty: (id: string, authorship: Authorship) => Item,
  ) {}

  get(id: string): Item | undefined {
    return this.#items.get(id);
  }

  /** Every record, in no particular order. */
  all(): Iterable<Item> {
    return this.#items.values();
  }

  /** Changes the record, or makes one with these fields. */
  upsert(id: string, changedBy: string, fields: Partial<Omit<Item, keyof Authorship>>): Item {
    const now = new Date(this.clock.now());
    const made = { createdAt: now, updatedAt: now, createdBy: changedBy, updatedBy: changedBy };
    const former = this.#items.get(id) ?? this.empty(id, made);
    const item = withChanges<Item>(former, {
      ...fields,
      updatedAt: now,
      updatedBy: changedBy,
    } as Partial<Item>);
    this.#items.set(id, item);
    return item;
  }

  /** Deletes what exists of these. @returns the deleted records */
  delete(ids: readonly string[]): Item[] {
    const items = ids.map((id) => this.#items.get(id)).filter((item) => item !== undefined);
    for (const id of ids) this.#items.delete(id);
    return items;
  }
}

/** Nothing is limited. */
export const NO_LIMITS: Limits = {
  maxBudgetNanoUsd: null,
  budgetDuration: null,
  rpmLimit: null,
  tpmLimit: null,
  maxParallelRequests: null,
};

/** `item` with the fields of `changes` that are given; `undefined` leaves a field as it is. */
export function withChanges<Item extends object>(item: Item, changes: Partial<NoInfer<Item>>): Item {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  return { ...item, ...Object.fromEntries(given) };
}
