import type { AuditLog, AuditRow } from "../../services/gateway/store/audit-log";
import { auditRow } from "../support/services/audit-row";

/** An audit log, and a way to read what is durable in it. */
export interface OpenAuditLog {
  readonly log: AuditLog;
  readonly read: () => Promise<AuditRow[]>;
}

/** What every audit log does. `open` gives an empty one that accepts at least 3 and at most 2000 rows at once. */
export function describeAuditLog(name: string, open: () => Promise<OpenAuditLog>): void {
  describe(`audit log: ${name}`, () => {
    let log: AuditLog;
    let read: OpenAuditLog["read"];
    beforeEach(async () => {
      ({ log, read } = await open());
    });

    const commit = (row: AuditRow) => log.open()?.commit(row) ?? Promise.reject(new Error("not accepted"));

    test("a row is durable when its commit resolves, with every value", async () => {
      const row = auditRow({
        actor: "ci",
        target: "key 1, key 2",
        changed: "models",
        userAgent: 'quote " comma , brace } ü 漢 \\',
      });
      await commit(row);
      expect(await read()).toEqual([row]);
    });

    test("keeps what is not known as null", async () => {
      const row = auditRow({
        callerKind: "master",
        keyId: null,
        keyHash: null,
        keyAlias: null,
        userId: null,
        modelRequested: null,
        modelUsed: null,
        deployment: null,
        status: 400,
        errorType: "invalid_request_error",
        costNanoUsd: null,
        ttftMs: null,
        userAgent: null,
      });
      await commit(row);
      expect(await read()).toEqual([row]);
    });

    test("a row whose request took longer than can be, to a clock that was set, is kept", async () => {
      const row = auditRow({ latencyMs: 5 * 365 * 86_400_000, ttftMs: 5 * 365 * 86_400_000 });
      await commit(row);
      expect(await read()).toMatchObject([{ requestId: row.requestId }]);
    });

    test("many at once are all durable, each once", async () => {
      const rows = Array.from({ length: 1000 }, () => auditRow());
      await Promise.all(rows.map(commit));
      const stored = await read();
      expect(new Set(stored.map((row) => row.requestId))).toEqual(new Set(rows.map((row) => row.requestId)));
      expect(stored).toHaveLength(1000);
    });

    test("the same request twice is one row", async () => {
      const row = auditRow();
      await Promise.all([commit(row), commit(row)]);
      expect(await read()).toEqual([row]);
    });

    test("an entry takes one row only", async () => {
      const entry = log.open();
      await entry?.commit(auditRow());
      await expect(entry?.commit(auditRow())).rejects.toThrow(/used/);
    });

    test("flush waits for what is queued", async () => {
      const committed = commit(auditRow());
      await expect(log.flush(5000)).resolves.toBe(0);
      expect(await read()).toHaveLength(1);
      await committed;
    });
  });
}
