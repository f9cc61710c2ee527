import type { ClientBase, Pool } from "pg";
import { ReplicatedTable } from "../../../../../services/gateway/store/postgres/replicated-table";

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

test("many rows are taken in slices, and the event loop turns between them", async () => {
  const all = Array.from({ length: 2345 }, (_, index) => ({ ...row(index + 1, "known"), id: String(index) }));
  const ids = new Set<string>();
  let inThisTurn = 0;
  let mostInOneTurn = 0;
  let isOver = false;
  const turn = () => {
    inThisTurn = 0;
    if (!isOver) setImmediate(turn);
  };
  turn();
  const client = {
    query: async (text: string, [version]: [number]) => {
      // As from a connection: never in the same turn.
      await new Promise((resolve) => setImmediate(resolve));
      const limit = Number(/LIMIT (\d+)/.exec(text)?.[1] ?? Number.POSITIVE_INFINITY);
      return { rows: all.slice(version, version + limit) };
    },
  } as unknown as ClientBase;
  const table = new ReplicatedTable<Row>({
    pool: undefined as unknown as Pool,
    name: "virtual_keys",
    idOf: ({ id }) => id,
    apply: ({ id }) => {
      ids.add(id);
      inThisTurn += 1;
      mostInOneTurn = Math.max(mostInOneTurn, inThisTurn);
    },
  });
  await table.onConnect(client);
  isOver = true;
  expect(ids.size).toBe(2345);
  expect(mostInOneTurn).toBeLessThanOrEqual(500);
  // Later reloads, too.
  await table.onPoll(client);
  expect(table.isReady).toBe(true);
});
