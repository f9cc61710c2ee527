import { setTimeout as wait } from "node:timers/promises";
import { Client } from "pg";

/** Looks again and again who waits for a lock on a table. */
export class LockWatch {
  /** `gateway waits for RowExclusiveLock on audit_log`, by how often it was seen. */
  readonly waits = new Map<string, number>();
  looks = 0;
  #isOver = false;
  #done: Promise<void> = Promise.resolve();

  private constructor(readonly client: Client) {}

  static async start(connectionString: string): Promise<LockWatch> {
    const watch = new LockWatch(new Client({ connectionString, application_name: "lock-watch" }));
    await watch.client.connect();
    watch.#done = watch.#run();
    return watch;
  }

  /** May be asked for more than once. */
  async stop(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    await this.#done;
    await this.client.end();
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      const { rows } = await this.client.query<{ wait: string }>(
        `SELECT a.application_name || ' waits for ' || l.mode || ' on ' || l.relation::regclass::text AS wait
           FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT l.granted AND l.locktype = 'relation'`,
      );
      this.looks += 1;
      for (const { wait } of rows) this.waits.set(wait, (this.waits.get(wait) ?? 0) + 1);
      await wait(10);
    }
  }
}
