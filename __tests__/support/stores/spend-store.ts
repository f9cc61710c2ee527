import type { AuditRow } from "../../../services/gateway/store/audit-log";
import type {
  DailySpend,
  SpendBaselines,
  SpendDimension,
  SpendFilter,
  SpendGroup,
  SpendLog,
  SpendPage,
  SpendPeriod,
  SpendPlace,
  SpendReader,
  SpendReport,
} from "../../../services/gateway/store/spend-reader";

/** What was spent, summed from the rows of a `MemoryAuditLog`. For tests. */
export class MemorySpendStore implements SpendReader, SpendBaselines {
  readonly #adjust = new Map<string, number>();

  constructor(readonly rows: ReadonlyMap<string, AuditRow>) {}

  async byKeys(keyIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return new Map(keyIds.map((id) => [id, this.#sum("key", id) + (this.#adjust.get(`key ${id}`) ?? 0)]));
  }

  async byUsers(userIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return new Map(userIds.map((id) => [id, this.#sum("user", id) + (this.#adjust.get(`user ${id}`) ?? 0)]));
  }

  async logs(filter: SpendFilter, page: SpendPage): Promise<readonly SpendLog[]> {
    const rows = this.#select(filter).sort(newestFirst);
    if ("offset" in page) return rows.slice(page.offset, page.offset + page.limit);
    return rows.filter((row) => newestFirst(page.after, row) < 0).slice(0, page.limit);
  }

  async *daily(filter: SpendFilter & { readonly period: SpendPeriod }): AsyncGenerator<DailySpend[]> {
    const days = this.#select(filter).map((row) => ({
      day: dayOf(row),
      keyHash: row.keyHash,
      userId: row.userId,
      model: row.modelRequested,
      spentNanoUsd: row.costNanoUsd ?? 0,
    }));
    yield days.sort((a, b) => a.day.localeCompare(b.day));
  }

  async report(dimension: SpendDimension, period: SpendPeriod, limit: number): Promise<SpendReport> {
    const groups = new Map<string | null, SpendGroup>();
    for (const row of this.#select({ period })) {
      const value = { key: row.keyHash, user: row.userId, model: row.modelRequested, day: dayOf(row) }[
        dimension
      ];
      const former = groups.get(value);
      groups.set(value, {
        value,
        keyAlias: dimension === "key" ? row.keyAlias : null,
        spentNanoUsd: (former?.spentNanoUsd ?? 0) + (row.costNanoUsd ?? 0),
        requests: (former?.requests ?? 0) + 1 + row.repeats,
        inputTokens:
          (former?.inputTokens ?? 0) + row.inputTokens + row.cacheReadTokens + row.cacheWriteTokens,
        outputTokens: (former?.outputTokens ?? 0) + row.outputTokens,
        cacheReadTokens: (former?.cacheReadTokens ?? 0) + row.cacheReadTokens,
        cacheWriteTokens: (former?.cacheWriteTokens ?? 0) + row.cacheWriteTokens,
      });
    }
    const byDay = (a: SpendGroup, b: SpendGroup) => String(a.value).localeCompare(String(b.value));
    const bySpend = (a: SpendGroup, b: SpendGroup) => b.spentNanoUsd - a.spentNanoUsd;
    const sorted = [...groups.values()].sort(dimension === "day" ? byDay : bySpend);
    const rest = sorted.slice(limit);
    const spentNanoUsd = rest.reduce((sum, group) => sum + group.spentNanoUsd, 0);
    return { groups: sorted.slice(0, limit), leftOff: { groups: rest.length, spentNanoUsd } };
  }

  async total(period: SpendPeriod): Promise<number> {
    return this.#select({ period }).reduce((sum, row) => sum + (row.costNanoUsd ?? 0), 0);
  }

  async set(scope: "key" | "user", id: string, spentNanoUsd: number): Promise<void> {
    this.#adjust.set(`${scope} ${id}`, spentNanoUsd - this.#sum(scope, id));
  }

  #sum(scope: "key" | "user", id: string): number {
    const filter = scope === "key" ? { keyId: id } : { userId: id };
    return this.#select(filter).reduce((sum, row) => sum + (row.costNanoUsd ?? 0), 0);
  }

  #select({ keyId, keyHash, userId, requestId, period }: SpendFilter): AuditRow[] {
    return [...this.rows.values()].filter(
      (row) =>
        row.modelRequested !== null &&
        (keyId === undefined || row.keyId === keyId) &&
        (keyHash === undefined || row.keyHash === keyHash) &&
        (userId === undefined || row.userId === userId) &&
        (requestId === undefined || row.requestId === requestId) &&
        (period === undefined || (row.startedAt >= period.from && row.startedAt < period.to)),
    );
  }
}

const newestFirst = (a: SpendPlace, b: SpendPlace) =>
  b.startedAt.getTime() - a.startedAt.getTime() || (a.requestId > b.requestId ? -1 : 1);

function dayOf(row: AuditRow): string {
  return row.startedAt.toISOString().slice(0, 10);
}
