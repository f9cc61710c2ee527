import { readFile } from "node:fs/promises";
import type { Logger } from "pino";
import { monotonicClock } from "../../../shared/clock";
import { writeBisected } from "../group-commit";
import type { CommitItem } from "../group-commit-entry";
import type { Journal } from "./journal";
import { readSegment } from "./segment";

/** Rows of one statement at most. */
const BATCH_ROWS = 500;

/** Settings of `replay`. */
export interface ReplaySettings {
  readonly journal: Journal;
  /** Makes a batch durable in the database; must be safe to repeat. */
  readonly write: (items: readonly CommitItem[]) => Promise<void>;
  /** Whether an error of `write` comes from a row itself, so that trying again is of no use. */
  readonly isRowFault: (error: unknown) => boolean;
  /** A row that can never be written; it is given up after this call. */
  readonly onRowFault: (item: CommitItem, error: unknown) => void;
  /** Runs when a row is in the database. */
  readonly onDurable: (requestId: string) => void;
  /** Rows of a segment cannot be read; it is kept for a person. @default - nobody is told */
  readonly onDamaged?: (rows: number) => void;
  readonly logger: Pick<Logger, "info" | "warn" | "error">;
}

/**
 * Writes what is in the journal to the database, oldest first, and removes each segment after its last row. After a
 * crash in between the same rows are written again, and skipped there.
 * @throws what `write` throws, unless a row is at fault; the rest stays in the journal
 */
export async function replay(settings: ReplaySettings): Promise<void> {
  const { journal, logger } = settings;
  const started = monotonicClock.now();
  let rows = 0;
  for (const path of await journal.claim()) {
    const text = await readClaimed(path);
    if (text === undefined) continue;
    const { records, tornLines, damagedLines } = readSegment(text);
    const items = records.map(({ row, intent }): CommitItem => {
      const onDurable = () => settings.onDurable(row.requestId);
      return { row, intent, onDurable };
    });
    for (let at = 0; at < items.length; at += BATCH_ROWS)
      await writeBisected(items.slice(at, at + BATCH_ROWS), {
        ...settings,
        onWritten: (written) => {
          for (const { onDurable } of written) onDurable?.();
        },
      });
    rows += items.length;
    if (tornLines > 0) logger.warn({ path, tornLines }, "torn write at the end of the journal discarded");
    if (damagedLines === 0) await journal.remove(path);
    else {
      const kept = await journal.setAside(path);
      settings.onDamaged?.(damagedLines);
      logger.error({ path: kept, damagedLines }, "journal rows are corrupt; the file is kept");
    }
  }
  if (rows > 0) logger.info({ rows, ms: Math.round(monotonicClock.now() - started) }, "journal replayed");
}

/** @returns `undefined` when another process has claimed it since, and replays it */
async function readClaimed(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
