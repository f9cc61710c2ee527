import type { CommitItem } from "../../../../../services/gateway/adapters/commit-item";
import { GroupCommit } from "../../../../../services/gateway/adapters/group-commit";
import { JournaledEntry } from "../../../../../services/gateway/adapters/journal/journaled-entry";
import { AuditNotCommittedError } from "../../../../../services/gateway/ports/audit-log";
import { auditRow } from "../../../../support/services/audit-row";

const BUDGETS = [{ account: "key:1", period: "all" }];
const ROW = auditRow();
const INTENT = { requestId: ROW.requestId, owner: "o", budgets: BUDGETS, reservedNano: 1, row: ROW };

test.each([
  ["is made durable while the database is there", false, undefined, undefined, ["put", "paid row", "end"]],
  ["is refused at once while it is away", true, undefined, "the database is away", ["unpaid row"]],
  // It may have been stored all the same, so the row says whose money it is.
  [
    "is refused when it goes away",
    false,
    "not committed in time",
    "not committed in time",
    ["put", "paid row", "end"],
  ],
])("an intent %s", async (_what, isAway, failure, message, expected) => {
  const log: string[] = [];
  const commits = new GroupCommit<CommitItem>({
    write: async (batch) => {
      for (const { intent, onDurable } of batch) {
        log.push(intent === undefined ? "unpaid row" : "paid row");
        onDurable?.();
      }
    },
    isRowFault: () => false,
    onRowFault: () => {},
    onError: () => {},
  });
  const intents = {
    put: async () => {
      log.push("put");
      if (failure !== undefined) throw new AuditNotCommittedError(failure);
    },
    end: (requestId: string) => void log.push(requestId === ROW.requestId ? "end" : requestId),
  };
  expect(commits.announce()).toBe(true);
  const entry = new JournaledEntry(commits, intents, { isAway });
  const begun = entry.begin(INTENT).then(
    () => undefined,
    (error: Error) => `${error.name}: ${error.message}`,
  );
  await expect(begun).resolves.toBe(message === undefined ? undefined : `AuditNotCommittedError: ${message}`);
  const onDurable = jest.fn();
  await entry.commit(ROW, onDurable);
  expect(log).toEqual(expected);
  expect(onDurable).toHaveBeenCalledTimes(1);
});
