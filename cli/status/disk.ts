import { z } from "zod";
import { docker } from "../docker/docker";
import { parseSize } from "../docker/size";
import type { DiskStatus } from "./platform-status";

/** The engine adds up all volumes, which takes long when there are many; in milliseconds. */
const SIZES_MS = 10_000;
const DATABASE_MS = 8_000;

/** Where to look. */
export interface DiskPlaces {
  /** Names of the volumes that hold data. */
  readonly volumes: readonly string[];
  /** Running containers with a path on such a volume, to ask for free space; the first that answers counts. */
  readonly mounted: readonly { readonly container: string; readonly path: string }[];
  /** Postgres' container, when it runs. */
  readonly postgres: string | undefined;
}

const Sizes = z.object({ Volumes: z.array(z.object({ Name: z.string(), Size: z.string() })) });

/** Sizes and free space as far as they can be told within their time. Never fails. */
export async function readDisk({ volumes, mounted, postgres }: DiskPlaces): Promise<DiskStatus> {
  const [space, sizes, databases] = await Promise.all([
    freeSpace(mounted),
    volumeSizes(volumes).catch(() => null),
    postgres === undefined ? null : databaseSizes(postgres).catch(() => null),
  ]);
  return { ...space, volumes: sizes, databases };
}

/** Asked inside a container, it is that of the engine's host, however far away that is. */
async function freeSpace(mounted: DiskPlaces["mounted"]) {
  for (const { container, path } of mounted) {
    const output = await docker(["exec", container, "df", "-Pk", path], { timeoutMs: DATABASE_MS }).catch(
      () => "",
    );
    const [, size, , free] = output.trim().split("\n").at(-1)?.split(/\s+/) ?? [];
    if (/^\d+$/.test(size ?? "") && /^\d+$/.test(free ?? ""))
      return { free_bytes: Number(free) * 1024, size_bytes: Number(size) * 1024 };
  }
  return { free_bytes: null, size_bytes: null };
}

async function volumeSizes(names: readonly string[]): Promise<Record<string, number>> {
  const output = await docker(["system", "df", "--verbose", "--format", "{{json .}}"], {
    timeoutMs: SIZES_MS,
  });
  const { Volumes } = Sizes.parse(JSON.parse(output));
  return Object.fromEntries(
    Volumes.filter(({ Name }) => names.includes(Name)).flatMap(({ Name, Size }) => {
      const bytes = parseSize(Size);
      return bytes === undefined ? [] : [[Name, bytes]];
    }),
  );
}

async function databaseSizes(container: string): Promise<Record<string, number>> {
  const sql =
    "SELECT datname, pg_database_size(datname) FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres' ORDER BY 1";
  const output = await docker(
    [
      "exec",
      container,
      "psql",
      "--no-psqlrc",
      "--username=postgres",
      "-qAt",
      "-c",
      "SET statement_timeout = '5s'",
      "-c",
      sql,
      "dbname=postgres connect_timeout=3",
    ],
    { timeoutMs: DATABASE_MS },
  );
  return Object.fromEntries(
    output
      .split("\n")
      .filter(Boolean)
      .map((line) => line.split("|"))
      .map(([name, bytes]) => [name, Number(bytes)]),
  );
}
