import {
  type GroupRow,
  SPEND_LOG_COLUMNS,
  type SpendLogRow,
  toSpendGroup,
  toSpendLog,
} from "../../../../../services/gateway/store/postgres/spend-rows";

const GROUP: GroupRow = {
  value: "claude",
  key_hash: "a".repeat(64),
  key_alias: "laptop",
  spent: "9007199254740991",
  requests: "3",
  input: "4",
  output: "5",
  cache_read: "6",
  cache_write: "7",
  groups_after: "0",
  spent_after: "0",
};

test("sums come as text and are numbers", () => {
  expect(toSpendGroup(GROUP, "model")).toEqual({
    value: "claude",
    keyAlias: null,
    spentNanoUsd: 9_007_199_254_740_991,
    requests: 3,
    inputTokens: 4,
    outputTokens: 5,
    cacheReadTokens: 6,
    cacheWriteTokens: 7,
  });
});

test("a key is shown by its hash, with its alias; the requests of no key by none", () => {
  expect(toSpendGroup(GROUP, "key")).toMatchObject({ value: GROUP.key_hash, keyAlias: "laptop" });
  const ofNone = { ...GROUP, value: null, key_hash: null, key_alias: null };
  expect(toSpendGroup(ofNone, "key")).toMatchObject({ value: null, keyAlias: null });
});

test("a request has all columns that are asked for, and no cost is not a cost of 0", () => {
  const columns = SPEND_LOG_COLUMNS.split(",").map((column) => column.trim());
  // Each value is the name of its column, so that none can stand in for another.
  const row = Object.fromEntries(columns.map((column) => [column, column])) as unknown as SpendLogRow;
  const counts = ["input", "output", "reasoning", "cache_read", "cache_write", "cache_write_1h"];
  const numbers = Object.fromEntries(counts.map((count, index) => [`${count}_tokens`, String(index)]));
  const log = toSpendLog({ ...row, ...numbers, cost_nano_usd: "147450" });
  expect(Object.keys(log)).toHaveLength(columns.length);
  for (const [field, value] of Object.entries(log)) {
    if (typeof value === "number") continue;
    expect(String(value).replace(/_([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase())).toBe(field);
  }
  expect(log).toMatchObject({ inputTokens: 0, outputTokens: 1, cacheWrite1hTokens: 5, costNanoUsd: 147_450 });
  expect(toSpendLog({ ...row, ...numbers, cost_nano_usd: null }).costNanoUsd).toBeNull();
});
