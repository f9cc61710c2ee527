import { existsSync, mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../cli/terminal/user-error";
import { migrations } from "../../services/gateway/store/postgres/migrations";
import { cacheFolder } from "../processes/cache-folder";
import { BenchDatabase } from "../processes/database";
import { fillAuditLog } from "./fill-audit-log";
import { diskNeed, usersOf, type YearSize, type YearSpan, yearSpan } from "./year-shape";

/** A Postgres with a year in it. */
export interface YearData {
  readonly database: BenchDatabase;
  readonly size: YearSize;
  readonly span: YearSpan;
  /** How long it took to be made, in seconds; undefined when it was there. */
  readonly madeInSeconds: number | undefined;
}

/** Part of the cached data's name, to be raised whenever what is written changes. */
const FORM = 3;

/**
 * Opens the year in the user's cache folder, or makes it. It is kept under the schema's version, its size and the present month, because
 * questions ask for the last days; only one is kept, because it is large. Runs write into it, as a company does.
 * @param makeSchema runs a gateway once: the schema is what the gateway makes of an empty database
 * @param folder of this run, for logs
 */
export async function openYear(
  size: YearSize,
  folder: string,
  makeSchema: (database: BenchDatabase) => Promise<void>,
  say: (line: string) => void,
): Promise<YearData> {
  const years = join(cacheFolder(), "year");
  const version = migrations.at(-1)?.version ?? 0;
  const month = new Date().toISOString().slice(0, 7);
  const name = `${FORM}-schema-${version}-${size.rows}-rows-${size.keys}-keys-${month}`;
  const kept = join(years, name);
  const whole = join(kept, "whole");
  if (existsSync(whole)) {
    say(`the year is there: ${kept}`);
    const database = await BenchDatabase.start(folder, undefined, kept);
    const [row] = await database.query<YearSpan>("SELECT starts_at AS from, ends_at AS to FROM bench.span");
    if (row === undefined) throw new Error("the year does not say when it is");
    return { database, size, span: row, madeInSeconds: undefined };
  }
  mkdirSync(years, { recursive: true });
  for (const other of readdirSync(years)) rmSync(join(years, other), { recursive: true, force: true });
  requireRoom(years, size, say);
  const started = performance.now();
  const database = await BenchDatabase.start(folder, undefined, kept);
  try {
    const span = yearSpan(new Date());
    await fill(database, size, span, makeSchema, say);
    writeFileSync(whole, "");
    const seconds = Math.round((performance.now() - started) / 1000);
    say(`the year was made in ${seconds} s and is kept in ${kept}`);
    return { database, size, span, madeInSeconds: seconds };
  } catch (error) {
    await database.stop();
    throw error;
  }
}

function requireRoom(folder: string, size: YearSize, say: (line: string) => void): void {
  const { bavail, bsize } = statfsSync(folder);
  const [need, free] = [diskNeed(size), bavail * bsize];
  const inGb = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  say(
    `a year of ${size.rows.toLocaleString("en-US")} rows takes about ${inGb(need)} of ${inGb(free)} in ${folder}`,
  );
  if (need * 1.2 > free)
    throw new UserError(
      `the year does not fit into ${folder}`,
      "take fewer rows: --rows 1000000, or another XDG_CACHE_HOME",
    );
}

async function fill(
  database: BenchDatabase,
  size: YearSize,
  span: YearSpan,
  makeSchema: (database: BenchDatabase) => Promise<void>,
  say: (line: string) => void,
): Promise<void> {
  say("making the schema");
  await makeSchema(database);
  // Half a year is thrown away when this breaks off.
  await database.query("SET synchronous_commit = off");
  await database.query("SET maintenance_work_mem = '512MB'");
  await database.query("SET work_mem = '128MB'");
  await database.query("SET max_parallel_workers_per_gather = 0");
  await database.query("CREATE SCHEMA bench");
  await database.query(
    "CREATE TABLE bench.span AS SELECT $1::timestamptz AS starts_at, $2::timestamptz AS ends_at",
    [span.from, span.to],
  );
  await database.query("CREATE TABLE bench.days (day date PRIMARY KEY, rows bigint, spent_nano_usd numeric)");
  say(`writing ${size.keys.toLocaleString("en-US")} keys and ${usersOf(size).toLocaleString("en-US")} users`);
  for (const sql of [USERS, KEYS]) await database.query(sql, [size.keys, usersOf(size), span.from]);
  await database.query(
    "CREATE TABLE bench.keys AS SELECT (row_number() OVER (ORDER BY key_name) - 1)::int AS n, key_id, token_hash, key_alias, user_id FROM virtual_keys",
  );
  await database.query("CREATE UNIQUE INDEX ON bench.keys (n)");
  await database.query("ANALYZE bench.keys");
  say("writing the year");
  await fillAuditLog(database, size, span, say);
  say("the rest");
  await database.query("VACUUM (ANALYZE)");
  await database.query("CHECKPOINT");
  for (const name of [
    "synchronous_commit",
    "maintenance_work_mem",
    "work_mem",
    "max_parallel_workers_per_gather",
  ])
    await database.query(`RESET ${name}`);
}

/** One user in ten has a budget. */
const USERS = `
  INSERT INTO users (user_id, user_email, user_role, max_budget_nano_usd, budget_duration, created_at, created_by, updated_by, version)
  SELECT 'user-' || n, 'user-' || n || '@example.org', 'internal_user',
         CASE WHEN n % 10 = 0 THEN 1000000000000000 END, CASE WHEN n % 10 = 0 THEN '30d' END,
         $3::timestamptz + n * interval '1 s' + 0 * $1::int * interval '1 s', 'bench', 'bench', nextval('users_version')
    FROM generate_series(0, $2::int - 1) AS n`;

/** Every second key has every limit, each far from being reached. */
const KEYS = `
  INSERT INTO virtual_keys (key_id, token_hash, key_name, key_alias, user_id, max_budget_nano_usd, budget_duration, rpm_limit,
                            tpm_limit, max_parallel_requests, created_at, created_by, updated_by, version)
  SELECT md5('year-key-' || n)::uuid, encode(sha256(convert_to('sk-year-key-' || lpad(n::text, 8, '0'), 'UTF8')), 'hex'),
         'sk-...' || lpad(n::text, 8, '0'), 'year-' || n, 'user-' || n / 10 % $2::int,
         CASE WHEN n % 2 = 0 THEN 1000000000000000 END, CASE WHEN n % 2 = 0 THEN '30d' END,
         CASE WHEN n % 2 = 0 THEN 1000000000 END, CASE WHEN n % 2 = 0 THEN 1000000000000 END, CASE WHEN n % 2 = 0 THEN 10000 END,
         $3::timestamptz + n * interval '1 s', 'bench', 'bench', nextval('virtual_keys_version')
    FROM generate_series(0, $1::int - 1) AS n`;
