import { randomUUID } from "node:crypto";
import type { AuditLog, AuditRow } from "../../services/gateway/store/audit-log";
import type { DailySpend, SpendBaselines, SpendReader } from "../../services/gateway/store/spend-reader";
import { auditRow } from "../support/services/audit-row";

/** An empty audit log and what reads its sums. */
export interface OpenSpendStore {
  readonly log: AuditLog;
  readonly spend: SpendReader & SpendBaselines;
}

/** What every reader of spend does. */
export function describeSpendStore(name: string, open: () => Promise<OpenSpendStore>): void {
  describe(`spend: ${name}`, () => {
    const [ci, dev] = [randomUUID(), randomUUID()];
    const [ciHash, devHash] = ["c".repeat(64), "d".repeat(64)];
    const ofCi = { keyId: ci, keyHash: ciHash, keyAlias: "ci", userId: "ada" };
    const ofDev = { keyId: dev, keyHash: devHash, keyAlias: "dev", userId: "ada" };
    const march = { from: new Date("2026-03-01T00:00:00Z"), to: new Date("2026-04-01T00:00:00Z") };
    const page = { limit: 100, offset: 0 };
    let spend: OpenSpendStore["spend"];
    let commit: (row: Partial<AuditRow>) => Promise<void> | undefined;

    beforeEach(async () => {
      const opened = await open();
      spend = opened.spend;
      commit = (row) => opened.log.open()?.commit(auditRow(row));
      await commit({ ...ofCi, startedAt: new Date("2026-03-01T00:00:00Z"), costNanoUsd: 4_000_000_000 });
      await commit({ ...ofCi, startedAt: new Date("2026-03-31T23:59:59.999Z"), costNanoUsd: 1 });
      await commit({ ...ofCi, startedAt: march.to, costNanoUsd: 100 });
      await commit({
        ...ofDev,
        startedAt: new Date("2026-03-02T00:00:00Z"),
        costNanoUsd: null,
        modelRequested: "x",
      });
      await commit({
        ...ofDev,
        startedAt: new Date("2026-03-02T00:00:01Z"),
        costNanoUsd: 7,
        modelRequested: "x",
      });
      await commit({ startedAt: new Date("2026-03-03T00:00:00Z"), modelRequested: null, costNanoUsd: 0 });
    });

    test("sums of keys and users", async () => {
      const keys = await spend.byKeys([ci, dev, randomUUID()]);
      expect([keys.get(ci), keys.get(dev)]).toEqual([4_000_000_101, 7]);
      expect((await spend.byUsers(["ada", "nobody"])).get("ada")).toBe(4_000_000_108);
      expect((await spend.byUsers(["nobody"])).get("nobody") ?? 0).toBe(0);
      expect((await spend.byKeys([])).size).toBe(0);
    });

    test("a baseline moves the sum of its own key or user only, again and again", async () => {
      await spend.set("key", ci, 50);
      await spend.set("user", "new", 3);
      await commit({ ...ofCi, costNanoUsd: 5 });
      expect((await spend.byKeys([ci])).get(ci)).toBe(55);
      expect((await spend.byUsers(["ada", "new"])).get("ada")).toBe(4_000_000_113);
      expect((await spend.byUsers(["new"])).get("new")).toBe(3);
      await spend.set("key", ci, 0);
      expect((await spend.byKeys([ci])).get(ci)).toBe(0);
    });

    test("requests, newest first, in pages", async () => {
      const logs = await spend.logs({ userId: "ada" }, page);
      expect(logs.map((log) => log.costNanoUsd)).toEqual([100, 1, 7, null, 4_000_000_000]);
      expect(logs[2]).toMatchObject({ keyAlias: "dev", modelRequested: "x", inputTokens: 10, latencyMs: 12 });
      const second = await spend.logs({ userId: "ada" }, { limit: 2, offset: 2 });
      expect(second.map((log) => log.requestId)).toEqual(logs.slice(2, 4).map((log) => log.requestId));
      const requestId = logs[0]?.requestId ?? "";
      expect(await spend.logs({ requestId }, page)).toEqual([logs[0]]);
      expect(await spend.logs({ keyId: dev, period: march }, page)).toHaveLength(2);
      expect(await spend.logs({ keyId: dev, userId: "bob" }, page)).toEqual([]);
    });

    test("requests after a place, those of one moment by their ids", async () => {
      const startedAt = new Date("2026-02-01T00:00:00Z");
      for (let count = 0; count < 3; count += 1) await commit({ ...ofDev, startedAt });
      const all = await spend.logs({ keyId: dev }, page);
      const ids = (logs: readonly { requestId: string }[]) => logs.map((log) => log.requestId);
      expect(ids(all.slice(2))).toEqual(ids(all.slice(2)).sort().reverse());
      for (const [index, after] of all.entries())
        expect(ids(await spend.logs({ keyId: dev }, { limit: 2, after }))).toEqual(
          ids(all.slice(index + 1, index + 3)),
        );
    });

    test("a hash that no key ever had has no requests", async () => {
      expect(await spend.logs({ keyHash: "0".repeat(64) }, page)).toEqual([]);
      for await (const part of spend.daily({ keyHash: "0".repeat(64), period: march }))
        expect(part).toEqual([]);
    });

    test("days", async () => {
      const read = async (filter: Parameters<typeof spend.daily>[0]) => {
        const days: DailySpend[] = [];
        for await (const part of spend.daily(filter)) days.push(...part);
        return days;
      };
      const days = await read({ keyId: ci, period: march });
      expect(days.map(({ day, keyHash, spentNanoUsd }) => [day, keyHash, spentNanoUsd])).toEqual([
        ["2026-03-01", ciHash, 4_000_000_000],
        ["2026-03-31", ciHash, 1],
      ]);
      const all = await read({ period: march });
      expect([...new Set(all.map(({ day }) => day))]).toEqual(["2026-03-01", "2026-03-02", "2026-03-31"]);
      expect(all.reduce((sum, { spentNanoUsd }) => sum + spentNanoUsd, 0)).toBe(4_000_000_008);
      const [{ requestId } = { requestId: "" }] = await spend.logs({ keyId: ci, period: march }, page);
      expect(await read({ requestId, period: march })).toMatchObject([
        { day: "2026-03-31", spentNanoUsd: 1 },
      ]);
    });

    test.each([
      ["key", [ciHash, 4_000_000_001, 2], [devHash, 7, 2]],
      ["model", ["claude-sonnet-4-5", 4_000_000_001, 2], ["x", 7, 2]],
      ["user", ["ada", 4_000_000_008, 4]],
      ["day", ["2026-03-01", 4_000_000_000, 1], ["2026-03-02", 7, 2], ["2026-03-31", 1, 1]],
    ] as const)("a report by %s, of one period", async (dimension, ...groups) => {
      const { groups: report, leftOff } = await spend.report(dimension, march, 10);
      expect(report.map((group) => [group.value, group.spentNanoUsd, group.requests])).toEqual(groups);
      expect(report[0]?.keyAlias).toBe(dimension === "key" ? "ci" : null);
      expect(leftOff).toEqual({ groups: 0, spentNanoUsd: 0 });
      const short = await spend.report(dimension, march, 1);
      expect(short.groups).toEqual(report.slice(0, 1));
      const spentNanoUsd = report.slice(1).reduce((sum, group) => sum + group.spentNanoUsd, 0);
      expect(short.leftOff).toEqual({ groups: groups.length - 1, spentNanoUsd });
    });

    test("the total of a period", async () => {
      await expect(spend.total(march)).resolves.toBe(4_000_000_008);
      await expect(spend.total({ from: new Date(0), to: new Date(1) })).resolves.toBe(0);
    });
  });
}
