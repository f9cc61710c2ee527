import type { AuditEntry, AuditRow, Intent } from "../store/audit-log";

/** Rows that a key has to itself in each minute for requests that reached no provider; further ones are summed up. */
const OWN_ROWS_PER_KEY = 20;
/** Most kinds of requests that are summed up at a time; each holds room in the log. */
const MAX_SUMS = 1000;
const MINUTE_MS = 60_000;

/** Requests that are alike, and the first of them. */
interface Sum {
  readonly entry: AuditEntry;
  readonly row: AuditRow;
  repeats: number;
}

/**
 * Bounds the rows of requests that reached no provider, refusals above all: they cost their sender nothing, while a row costs a
 * sync of the disk and storage for as long as rows are kept. The first of a key in each minute have rows of their own, as has
 * every request that reached a provider, changed something or reserved money. Further ones are summed up by key, route, status
 * and error, and written as one row each at the end of the minute: the first of them, with `repeats`. Nobody waits for those.
 */
export class UnsentRows {
  /** Rows of their own in this minute, by key. */
  readonly #rows = new Map<string, number>();
  #sums = new Map<string, Sum>();
  #timer: NodeJS.Timeout | undefined;

  /** @param onError a sum was not written in time; the log keeps trying */
  constructor(readonly onError: (error: unknown) => void) {}

  /** The same entry, except that its row may be summed up. */
  bound(entry: AuditEntry): AuditEntry {
    return new BoundEntry(entry, this);
  }

  /** @returns whether the row is taken care of, so that it must not be written */
  take(entry: AuditEntry, row: AuditRow): boolean {
    if (row.callerKind !== "key" || row.keyId === null || row.attempts > 0 || row.target !== null)
      return false;
    this.#timer ??= setTimeout(() => void this.flush(), MINUTE_MS).unref();
    const rows = this.#rows.get(row.keyId) ?? 0;
    this.#rows.set(row.keyId, rows + 1);
    if (rows < OWN_ROWS_PER_KEY) return false;
    const kind = `${row.keyId} ${row.route} ${row.status} ${row.errorType}`;
    const sum = this.#sums.get(kind);
    if (sum === undefined && this.#sums.size >= MAX_SUMS) return false;
    if (sum === undefined) this.#sums.set(kind, { entry, row, repeats: 0 });
    else {
      sum.repeats += 1;
      entry.discard();
    }
    return true;
  }

  /** Writes the sums; a new minute begins. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#rows.clear();
    const sums = [...this.#sums.values()];
    this.#sums = new Map();
    await Promise.all(
      sums.map(({ entry, row, repeats }) => entry.commit({ ...row, repeats }).catch(this.onError)),
    );
  }
}

class BoundEntry implements AuditEntry {
  #isReserved = false;

  constructor(
    readonly entry: AuditEntry,
    readonly rows: UnsentRows,
  ) {}

  begin(intent: Intent): Promise<void> {
    this.#isReserved = true;
    return this.entry.begin(intent);
  }

  commit(row: AuditRow, onDurable?: () => void): Promise<void> {
    if (this.#isReserved || !this.rows.take(this.entry, row)) return this.entry.commit(row, onDurable);
    onDurable?.();
    return Promise.resolve();
  }

  discard(): void {
    this.entry.discard();
  }
}
