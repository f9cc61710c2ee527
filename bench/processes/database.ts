import { chownSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "pg";
import type { Child } from "../../cli/local/child-process";
import { findFreePort } from "../../cli/local/port";
import {
  initialise,
  isInitialised,
  type PostgresProps,
  startPostgres,
  superuserClient,
} from "../../cli/local/postgres";
import { choosePostgresAccount } from "../../cli/local/postgres-account";
import { findPostgresBinaries } from "../../cli/local/postgres-binaries";
import { bindToCore } from "./cores";

const PASSWORD = "bench";
const DATABASE = "gateway";

/** A real Postgres with its usual settings: commits reach the disk, because waiting for them is what is measured. */
export class BenchDatabase {
  private constructor(
    private readonly child: Child,
    private readonly client: Client,
    private readonly props: PostgresProps,
  ) {}

  /**
   * @param folder of this run; gets a folder for the database that its user may enter
   * @param kept folder of a database that outlives the run; a new one is made where there is none. @default - one in `folder`
   */
  static async start(folder: string, core: number | undefined, kept?: string): Promise<BenchDatabase> {
    const parent = kept ?? join(folder, "postgres");
    mkdirSync(parent, { recursive: true });
    const binaries = findPostgresBinaries();
    const dataDir = join(parent, "data");
    const parents = kept === undefined ? [folder, parent] : [parent];
    const account = choosePostgresAccount({ dataDir, parents, initdb: binaries.initdb });
    if (account.owner !== undefined) chownSync(parent, account.owner.uid, account.owner.gid);
    const props: PostgresProps = {
      binaries,
      account,
      dataDir,
      port: await findFreePort(),
      superuserPassword: PASSWORD,
      logs: folder,
    };
    if (!isInitialised(dataDir)) await initialise(props);
    const child = startPostgres(props);
    if (child.pid !== undefined) bindToCore(child.pid, core);
    await child.ready();
    const first = superuserClient(props);
    await first.connect();
    const { rowCount } = await first.query("SELECT FROM pg_database WHERE datname = $1", [DATABASE]);
    if (rowCount === 0) await first.query(`CREATE DATABASE ${DATABASE}`);
    await first.end();
    const client = superuserClient(props, DATABASE);
    await client.connect();
    return new BenchDatabase(child, client, props);
  }

  get url(): string {
    return `postgres://postgres:${PASSWORD}@127.0.0.1:${this.props.port}/${DATABASE}`;
  }

  /** Where its files are. */
  get dataDir(): string {
    return this.props.dataDir;
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  async query<Row>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    return (await this.client.query(sql, [...values])).rows as Row[];
  }

  /** @param isKept its files are needed again: it ends in order */
  async stop(isKept = false): Promise<void> {
    await this.client.end().catch(() => {});
    await this.child.stop(!isKept);
  }
}

/** A folder for one run. Others may pass it: Postgres may have a user of its own. */
export function makeRunFolder(): string {
  return mkdtempSync(join(tmpdir(), "sluice-bench-"));
}
