import type { Authorship } from "../../ports/authorship";
import type { Clock } from "../../ports/clock";
import { withChanges } from "./with-changes";

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
