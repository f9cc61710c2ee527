import type { CommitItem } from "../../../../../services/gateway/adapters/commit-item";
import { GroupCommit } from "../../../../../services/gateway/adapters/group-commit";
import { JournaledEntry } from "../../../../../services/gateway/adapters/journal/journaled-entry";
import type { JournaledWriter } from "../../../../../services/gateway/adapters/journal/journaled-writer";
import { auditRow } from "../../../../support/services/audit-row";

const INTENT = { requestId: "r", owner: "o", budgets: [], reservedNano: 1, row: auditRow() };

test.each([
  ["is made durable while the database is there", false, false, undefined, ["intent", "row with intent"]],
  ["is refused at once while it is away", true, false, "the database is away", ["row"]],
  ["is refused when it goes away", false, true, "the database went away", ["intent", "row with intent"]],
])("an intent %s", async (_what, isAway, isRefused, message, expected) => {
  const items: string[] = [];
  const commits = new GroupCommit<CommitItem>({
    write: async (batch) => {
      for (const item of batch)
        items.push(item.kind === "row" && item.hasIntent ? "row with intent" : item.kind);
    },
    isRowFault: () => false,
    onRowFault: () => {},
    onError: () => {},
  });
  const writer = { isAway, isRefused: () => isRefused } as unknown as JournaledWriter;
  expect(commits.announce()).toBe(true);
  const entry = new JournaledEntry(commits, writer);
  const begun = entry.begin(INTENT).then(
    () => undefined,
    (error: Error) => `${error.name}: ${error.message}`,
  );
  await expect(begun).resolves.toBe(message === undefined ? undefined : `AuditNotCommittedError: ${message}`);
  await entry.commit(auditRow());
  expect(items).toEqual(expected);
});
