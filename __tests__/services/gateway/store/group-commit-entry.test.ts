import { AuditNotCommittedError, type Intent } from "../../../../services/gateway/store/audit-log";
import type { GroupCommit } from "../../../../services/gateway/store/group-commit";
import {
  type CommitItem,
  GroupCommitEntry,
  NOBODY,
} from "../../../../services/gateway/store/group-commit-entry";
import { auditRow } from "../../../support/services/audit-row";

const ALL = { account: "key:k", period: "all" };
const END_USER = { account: "end_user:eve", period: "all" };
const row = auditRow();
const intent: Intent = {
  requestId: row.requestId,
  owner: "11111111-1111-4111-8111-111111111111",
  budgets: [ALL],
  reservedNano: 5,
  row,
};

/** An entry, and what becomes of it. Rows are durable when `settle` is called. */
function open() {
  const committed: CommitItem[] = [];
  const ended: string[] = [];
  let withdrawn = 0;
  const commits = {
    commit: async (item: CommitItem) => void committed.push(item),
    withdraw: () => {
      withdrawn += 1;
    },
  } as unknown as GroupCommit<CommitItem>;
  const puts: Intent[] = [];
  const intents = {
    put: async (put: Intent) => void puts.push(put),
    end: (requestId: string) => void ended.push(requestId),
  };
  const entry = new GroupCommitEntry(commits, intents);
  return { entry, committed, ended, puts, intents, withdrawn: () => withdrawn };
}

it("writes a row without an intent as it is, and no budget pays", async () => {
  const { entry, committed, puts } = open();
  const onDurable = jest.fn();
  await entry.commit(row, onDurable);
  expect(committed).toEqual([{ row, intent: undefined, onDurable }]);
  expect(puts).toEqual([]);
});

it("charges the budgets of its intent, which is over once the row is durable", async () => {
  const { entry, committed, ended, puts } = open();
  await entry.begin(intent);
  expect(puts).toEqual([intent]);
  const onDurable = jest.fn();
  await entry.commit(row, onDurable);
  expect(committed[0]?.intent).toBe(intent);
  expect([ended, onDurable.mock.calls]).toEqual([[], []]);
  committed[0]?.onDurable?.();
  expect([ended, onDurable.mock.calls]).toEqual([[row.requestId], [[]]]);
});

it("charges budgets in which nothing was reserved under nobody's name, or beside those of the intent", async () => {
  const free = open();
  await free.entry.commit(row, undefined, [END_USER]);
  expect(free.committed[0]?.intent).toEqual({ owner: NOBODY, budgets: [], unreserved: [END_USER] });
  const reserved = open();
  await reserved.entry.begin(intent);
  await reserved.entry.commit(row, undefined, [END_USER]);
  expect(reserved.committed[0]?.intent).toEqual({
    owner: intent.owner,
    budgets: [ALL],
    unreserved: [END_USER],
  });
});

it("is used once", async () => {
  const { entry, committed, withdrawn } = open();
  await entry.commit(row);
  const used = `audit entry of ${row.requestId} is used already`;
  await expect(entry.commit(row)).rejects.toThrow(used);
  await expect(entry.begin(intent)).rejects.toThrow(used);
  entry.discard();
  expect([committed.length, withdrawn()]).toEqual([1, 0]);
});

it("gives its room back once, and takes no row then", async () => {
  const { entry, committed, withdrawn } = open();
  entry.discard();
  entry.discard();
  expect(withdrawn()).toBe(1);
  await expect(entry.commit(row)).rejects.toThrow("is used already");
  expect(committed).toEqual([]);
});

it("says so when an intent cannot be kept", async () => {
  const { entry, intents } = open();
  intents.put = () => Promise.reject(new AuditNotCommittedError("late"));
  await expect(entry.begin(intent)).rejects.toBeInstanceOf(AuditNotCommittedError);
});
