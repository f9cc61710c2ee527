import type { ClientBase, Pool } from "pg";
import { ReplicatedTable } from "../../../../../services/gateway/adapters/postgres/replicated-table";

interface Row {
  readonly id: string;
  readonly state: string;
  readonly version: string;
  readonly deleted_at: Date | null;
}

const row = (version: number, state: string): Row => ({
  id: "one",
  state,
  version: String(version),
  deleted_at: null,
});

/** A connection whose reading of changes gives these rows. */
const reading = (...rows: Row[]) => ({ query: async () => ({ rows }) }) as unknown as ClientBase;

function open() {
  const states: string[] = [];
  const client = { query: async () => ({ rows: [] }), release: () => {} };
  const table = new ReplicatedTable<Row>({
    pool: { connect: async () => client } as unknown as Pool,
    name: "users",
    idOf: ({ id }) => id,
    apply: ({ state }) => void states.push(state),
  });
  return { table, states };
}

test("a change whose answer comes late does not take the place of a newer one", async () => {
  const { table, states } = open();
  await table.change(async () => {
    // Both are committed and read by the link before this change is answered.
    await table.onNotification(reading(row(5, "mine"), row(6, "of another replica")));
    return [row(5, "mine")];
  });
  expect(states.at(-1)).toBe("of another replica");
});

test("a reading that was on its way does not bring back what a change replaced", async () => {
  const { table, states } = open();
  await table.change(async () => [row(7, "new")]);
  await table.onPoll(reading(row(6, "old")));
  expect(states).toEqual(["new"]);
  await table.onPoll(reading(row(8, "newer")));
  expect(states.at(-1)).toBe("newer");
});

test("is ready after the first reading", async () => {
  const { table } = open();
  expect(table.isReady).toBe(false);
  await table.onConnect(reading());
  expect(table.isReady).toBe(true);
});
