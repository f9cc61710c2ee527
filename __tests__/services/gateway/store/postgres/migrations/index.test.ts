import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { migrations } from "../../../../../../services/gateway/store/postgres/migrations";
import { PROJECT } from "../../../../../support/source-files";

const FOLDER = join(PROJECT, "services/gateway/store/postgres/migrations");
const files = readdirSync(FOLDER).filter((file) => /^\d{4}-/.test(file));

it("are in order, each version once", () => {
  const versions = migrations.map(({ version }) => version);
  expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
});

it("are all there, under the version that their file has", () => {
  expect(existsSync(FOLDER)).toBe(true);
  expect(migrations.map(({ version }) => version)).toEqual(files.map((file) => Number(file.slice(0, 4))));
  for (const [place, file] of files.entries())
    expect(readFileSync(join(FOLDER, file), "utf8")).toContain(`version: ${migrations[place]?.version}`);
});

it.each(migrations.map((migration) => [migration.name, migration] as const))(
  "%s ends no transaction, which the note of its step shares",
  (_name, { sql }) => expect(sql).not.toMatch(/^\s*(?:BEGIN|COMMIT|ROLLBACK)\s*;/im),
);

it.each(migrations.flatMap(({ indexes = [] }) => indexes).map((index) => [index.name, index] as const))(
  "%s is built online, so it is named after its table and promises nothing",
  (_name, { name, table, on }) => {
    expect(name.startsWith(table)).toBe(true);
    expect(on).not.toMatch(/unique/i);
  },
);
