import type { ClientBase, Pool } from "pg";
import { ReplicatedTable } from "../../../../../services/gateway/store/postgres/replicated-table";

interface Row {
  readonly id: string;
  readonly state: string;
  readonly version: string;
  readonly deleted_at: Date | null;
}

const row = (version: number, state: string, id = "one"): Row => ({
  id,
  state,
  version: String(version),
  deleted_at: null,
});

/** The table in the database, and a replica of it. */
function open() {
  const database = { rows: [] as Row[], storage: "1/1", lastVersion: 0, slices: 0 };
  const replica = new Map<string, string>();
  const warnings: string[] = [];
  /** Runs between the reading of a slice and its arrival. */
  let onItsWay: (() => Promise<unknown>) | undefined;
  let now = 0;
  const query = async (text: string, values: [number, string | null]) => {
    if (text.includes("pg_relation_filenode"))
      return { rows: [{ storage: database.storage, last_value: String(database.lastVersion) }] };
    if (!text.includes("LIMIT")) return { rows: [] };
    database.slices += 1;
    const [version, id] = values;
    const limit = Number(/LIMIT (\d+)/.exec(text)?.[1]);
    const rows = database.rows
      .filter(
        (one) => Number(one.version) > version || (Number(one.version) === version && one.id > (id ?? "~")),
      )
      .sort((a, b) => Number(a.version) - Number(b.version) || (a.id < b.id ? -1 : 1))
      .slice(0, limit);
    // As from a connection: never in the same turn.
    await new Promise((resolve) => setImmediate(resolve));
    const work = onItsWay;
    onItsWay = undefined;
    await work?.();
    return { rows };
  };
  const client = { query, release: () => {} } as unknown as ClientBase;
  const table = new ReplicatedTable<Row>({
    pool: { connect: async () => client } as unknown as Pool,
    name: "users",
    idColumn: "id",
    put: ({ id, state }) => replica.set(id, state),
    remove: (id) => replica.delete(id),
    logger: { warn: (...given: unknown[]) => void warnings.push(String(given.at(-1))) } as never,
    clock: { now: () => now },
  });
  /** Commits rows in the place of those with their ids. */
  const commit = (...rows: Row[]) => {
    const ids = new Set(rows.map(({ id }) => id));
    database.rows = [...database.rows.filter(({ id }) => !ids.has(id)), ...rows];
    database.lastVersion = Math.max(database.lastVersion, ...rows.map(({ version }) => Number(version)));
  };
  return {
    database,
    replica,
    warnings,
    table,
    client,
    commit,
    /** A change by this process. */
    change: (...rows: Row[]) =>
      table.change(
        rows.map(({ id }) => id),
        async () => {
          commit(...rows);
          return rows;
        },
      ),
    whileOnItsWay: (work: () => Promise<unknown>) => {
      onItsWay = work;
    },
    connect: () => table.onConnect(client),
    poll: () => table.onPoll(client),
    pass: (ms: number) => {
      now += ms;
    },
  };
}

describe("a table that goes forward", () => {
  test("is ready after the first reading", async () => {
    const { table, connect } = open();
    expect(table.isReady).toBe(false);
    await connect();
    expect(table.isReady).toBe(true);
  });

  test("a change whose answer comes late does not take the place of a newer one", async () => {
    const { table, replica, commit, client, connect, poll } = open();
    await connect();
    await table.change(["one"], async () => {
      // Both are committed and read by the link before this change is answered.
      commit(row(6, "of another replica"));
      await table.onNotification(client);
      return [row(5, "mine")];
    });
    expect(replica.get("one")).toBe("of another replica");
    await poll();
    expect(replica.get("one")).toBe("of another replica");
  });

  test.each(["newer rows", "all rows"])(
    "a reading of %s that was on its way does not bring back what a change replaced",
    async (what) => {
      const { replica, commit, change, whileOnItsWay, connect, poll, pass } = open();
      await connect();
      commit(row(6, "old"));
      if (what === "all rows") {
        await poll();
        pass(30_000);
      }
      whileOnItsWay(() => change(row(7, "new")));
      await poll();
      expect(replica.get("one")).toBe("new");
      commit(row(8, "newer"));
      await poll();
      expect(replica.get("one")).toBe("newer");
    },
  );

  test("a row that this process makes while all are read is kept", async () => {
    const { replica, change, whileOnItsWay, connect, poll, pass } = open();
    await connect();
    pass(30_000);
    whileOnItsWay(() => change(row(1, "made")));
    await poll();
    expect(replica.get("one")).toBe("made");
  });

  test("many rows are taken in slices, and the event loop turns between them", async () => {
    const { database, replica, commit, connect, poll, pass } = open();
    commit(...Array.from({ length: 2345 }, (_, index) => row(index + 1, "known", String(index))));
    let mostInOneTurn = 0;
    let before = 0;
    let isOver = false;
    const turn = () => {
      mostInOneTurn = Math.max(mostInOneTurn, replica.size - before);
      before = replica.size;
      if (!isOver) setImmediate(turn);
    };
    turn();
    await connect();
    isOver = true;
    expect(replica.size).toBe(2345);
    expect(mostInOneTurn).toBeLessThanOrEqual(500);
    // The comparison takes one slice a poll, beside the reading of what is newer.
    pass(30_000);
    database.slices = 0;
    await poll();
    expect(database.slices).toBe(2);
  });

  test("rows with the same version are all read, also at the edge of a slice", async () => {
    const { replica, commit, connect } = open();
    commit(...Array.from({ length: 1200 }, (_, index) => row(7, "known", String(index).padStart(4, "0"))));
    await connect();
    expect(replica.size).toBe(1200);
  });
});

describe("a database that is not what it was", () => {
  test.each<[what: string, change: (database: ReturnType<typeof open>["database"]) => void]>([
    [
      "another table took its place",
      (database) => {
        database.storage = "2/2";
      },
    ],
    [
      "it was emptied and filled again",
      (database) => {
        database.storage = "1/2";
      },
    ],
    [
      "its sequence went back",
      (database) => {
        database.lastVersion = 4;
      },
    ],
    [
      "another table took its place whose sequence is further on",
      (database) => {
        Object.assign(database, { storage: "2/2", lastVersion: 99 });
      },
    ],
  ])("is read anew with the next poll: %s", async (_what, change) => {
    const { database, replica, warnings, commit, connect, poll } = open();
    commit(row(3, "unblocked", "a"), row(9, "deleted in the dump", "b"));
    await connect();
    commit(row(8, "blocked", "a"));
    await poll();
    database.rows = [row(3, "unblocked", "a"), row(4, "came back", "c")];
    change(database);
    await poll();
    expect(Object.fromEntries(replica)).toEqual({ a: "unblocked", c: "came back" });
    expect(warnings[0]).toContain("replaced or restored");
    // What is newer is found by its version again, however low that is.
    database.rows = [row(3, "unblocked", "a"), row(4, "came back", "c"), row(5, "made since", "d")];
    database.lastVersion = Math.max(database.lastVersion, 5);
    await poll();
    expect(replica.get("d")).toBe("made since");
  });

  test("is read anew on a new connection, also when it looks the same", async () => {
    const { database, replica, commit, connect } = open();
    commit(row(3, "first", "a"), row(4, "gone", "b"));
    await connect();
    database.rows = [row(4, "another one", "a")];
    await connect();
    expect(Object.fromEntries(replica)).toEqual({ a: "another one" });
  });

  test("is compared every 30 s for what nothing shows", async () => {
    const { database, replica, warnings, commit, connect, poll, pass } = open();
    commit(row(3, "as it was", "a"), row(4, "deleted by hand", "b"));
    await connect();
    database.rows = [row(3, "changed by hand", "a")];
    await poll();
    expect(replica.size).toBe(2);
    pass(30_000);
    await poll();
    expect(Object.fromEntries(replica)).toEqual({ a: "changed by hand" });
    expect(warnings.at(-1)).toContain("gone from the database");
  });

  test("a change that shows versions below those in memory is not hidden by them", async () => {
    const { database, replica, commit, change, table, client, connect } = open();
    commit(row(9, "unblocked"));
    await connect();
    Object.assign(database, { rows: [row(2, "unblocked")], storage: "2/2", lastVersion: 2 });
    await change(row(3, "blocked"));
    // Every change notifies its own process, too.
    await table.onNotification(client);
    expect(replica.get("one")).toBe("blocked");
  });

  test("replaced again while it is read anew, it is read from the beginning", async () => {
    const { database, replica, commit, whileOnItsWay, connect, poll } = open();
    const many = Array.from({ length: 700 }, (_, index) => row(index + 1, "first", `${index}`));
    commit(...many);
    await connect();
    database.storage = "2/2";
    whileOnItsWay(async () => {
      Object.assign(database, { rows: [row(1, "second", "only")], storage: "3/3", lastVersion: 1 });
    });
    await poll();
    await poll();
    expect(Object.fromEntries(replica)).toEqual({ only: "second" });
  });

  test("a row that a change did not find is forgotten, unless another replica made it meanwhile", async () => {
    const { database, replica, commit, table, client, connect, poll } = open();
    commit(row(3, "gone", "a"), row(4, "gone, and made again", "b"));
    await connect();
    database.rows = [];
    await table.change(["a", "b"], async () => {
      commit(row(5, "made again", "b"));
      await table.onNotification(client);
      return [];
    });
    expect(Object.fromEntries(replica)).toEqual({ b: "made again" });
    await poll();
    expect(Object.fromEntries(replica)).toEqual({ b: "made again" });
  });

  test("a change that fails forgets nothing", async () => {
    const { replica, commit, table, connect } = open();
    commit(row(3, "known"));
    await connect();
    const failed = table.change(["one"], async () => {
      throw new Error("connection lost");
    });
    await expect(failed).rejects.toThrow("connection lost");
    expect(replica.get("one")).toBe("known");
  });
});
