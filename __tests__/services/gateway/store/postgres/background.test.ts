import type { ClientBase } from "pg";
import {
  BackendWatch,
  createBackgroundClient,
  liftTimeLimits,
  Maintenance,
  type MaintenanceTask,
} from "../../../../../services/gateway/store/postgres/background";
import { EmbeddedPostgres } from "../../../../support/services/embedded-postgres";
import { eventually } from "../../../../support/services/eventually";
import { freePort } from "../../../../support/services/free-port";

let postgres: EmbeddedPostgres;
beforeAll(async () => {
  postgres = await EmbeddedPostgres.start();
});
afterAll(() => postgres.stop());

const address = () => ({ connectionString: postgres.url("postgres") });
const settingOf = async (client: ClientBase, name: string) =>
  (await client.query<{ value: string }>("SELECT current_setting($1) AS value", [name])).rows[0]?.value;

describe("maintenance", () => {
  const warnings: { err: Error }[] = [];
  const logger = { warn: (fields: { err: Error }) => void warnings.push(fields) } as never;
  let running: Maintenance | undefined;
  beforeEach(() => warnings.splice(0));
  afterEach(() => running?.stop());

  /** Due so many times; each time `step` runs. */
  function task(times: number, step: (client: ClientBase) => Promise<void> = async () => {}) {
    const done = { count: 0 };
    const due: MaintenanceTask = {
      get isDue() {
        return done.count < times;
      },
      async run(client) {
        done.count += 1;
        await step(client);
      },
    };
    return { due, done };
  }

  function start(tasks: readonly MaintenanceTask[], props: object = {}) {
    running = new Maintenance({ address: address(), tasks, logger, ...props });
    running.onReady();
    return running;
  }

  const connections = async (application: string) =>
    (
      await postgres.query<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE application_name = '${application}'`,
        "postgres",
      )
    ).length;

  it("does step after step of what is due on one connection, and closes it", async () => {
    const pids = new Set<number>();
    const look = async (client: ClientBase) => {
      const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
      pids.add(rows[0]?.pid ?? 0);
    };
    const [one, other] = [task(2, look), task(1, look)];
    start([one.due, other.due], { application: "gateway-test-steps" });
    await eventually(() => one.done.count === 2 && other.done.count === 1);
    await eventually(async () => (await connections("gateway-test-steps")) === 0);
    expect([pids.size, warnings]).toEqual([1, []]);
  });

  it("opens no connection while nothing is due", async () => {
    const idle = start([task(0).due], { application: "gateway-test-idle" });
    await idle.onPoll();
    expect(await connections("gateway-test-idle")).toBe(0);
  });

  it("warns of a failure and pauses, until the database is there anew", async () => {
    const failing = task(2, () => Promise.reject(new Error("deadlock")));
    const maintenance = start([failing.due]);
    await eventually(() => warnings.length === 1);
    expect(warnings[0]?.err.message).toBe("deadlock");
    await maintenance.onPoll();
    expect(failing.done.count).toBe(1);
    maintenance.onReady();
    await eventually(() => failing.done.count === 2);
  });

  it("warns when the database cannot be reached", async () => {
    const unreachable = { connectionString: `postgresql://nobody@127.0.0.1:${await freePort()}/none` };
    start([task(1).due], { address: unreachable });
    await eventually(() => warnings.length === 1);
  });

  it("ends in the middle of a statement when it is stopped, and begins nothing more", async () => {
    const asleep = task(5, async (client) => void (await client.query("SELECT pg_sleep(60)")));
    const maintenance = start([asleep.due], { application: "gateway-test-stop" });
    await eventually(async () => (await connections("gateway-test-stop")) === 1);
    await maintenance.stop();
    await maintenance.onPoll();
    await eventually(() => warnings.length === 1);
    expect(asleep.done.count).toBe(1);
  });
});

describe("a connection for background work", () => {
  it("ends statements that take too long, and transactions that stand still", async () => {
    const client = createBackgroundClient({ address: address(), application: "a", queryTimeoutMs: 50 });
    await client.connect();
    try {
      expect(await settingOf(client, "idle_in_transaction_session_timeout")).not.toBe("0");
      expect(await settingOf(client, "application_name")).toBe("a");
      await expect(client.query("SELECT pg_sleep(10)")).rejects.toThrow("timeout");
    } finally {
      await client.end();
    }
  });

  it("may take hours once its limits are lifted, as long as its client is there", async () => {
    const client = createBackgroundClient({ address: address(), application: "b" });
    await client.connect();
    try {
      await client.query("SET statement_timeout = '1s'; SET lock_timeout = '1s'");
      await liftTimeLimits(client);
      for (const name of ["statement_timeout", "lock_timeout"])
        expect(await settingOf(client, name)).toBe("0");
      expect(await settingOf(client, "client_connection_check_interval")).toBe("10s");
    } finally {
      await client.end();
    }
  });
});

test("a watch tells what work is being done and for whom it waits, and nothing while there is none", async () => {
  await postgres.query("CREATE TABLE watched (a int)", "postgres");
  const [worker, holder] = ["worker", "holder"].map((application) =>
    createBackgroundClient({ address: address(), application }),
  ) as [ReturnType<typeof createBackgroundClient>, ReturnType<typeof createBackgroundClient>];
  await Promise.all([worker.connect(), holder.connect()]);
  const told: { step: string; waitsFor: { application: string }[] | null }[] = [];
  let work: { step: string; since: Date } | undefined;
  const watch = await BackendWatch.start(worker, {
    address: address(),
    work: () => work,
    logger: {
      info: (fields: never, message: string) => void (message === "still at it" && told.push(fields)),
    } as never,
    message: "still at it",
    intervalMs: 20,
  });
  try {
    await holder.query("BEGIN; LOCK TABLE watched");
    const waiting = worker.query("SELECT FROM watched");
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(told).toEqual([]);
    work = { step: "an index", since: new Date() };
    await eventually(() => told.some(({ waitsFor }) => waitsFor !== null));
    expect(told.at(-1)).toMatchObject({ step: "an index", waitsFor: [{ application: "holder" }] });
    await holder.query("ROLLBACK");
    await waiting;
  } finally {
    watch.stop();
    await Promise.all([worker.end(), holder.end()]);
  }
});
