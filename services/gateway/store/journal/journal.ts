import { randomUUID } from "node:crypto";
import {
  accessSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
} from "node:fs";
import { readdir, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { ConfigError } from "../../../shared/config-error";
import { encodeRecord, type JournalRecord, SegmentWriter } from "./segment";

const MEBIBYTE = 1024 * 1024;
const PIECE_BYTES = 256 * 1024;
const NEWLINE = 0x0a;
/** How often a batch is written anew because other processes claim each segment. */
const ATTEMPTS = 5;

/** Settings of `Journal`. */
export interface JournalSettings {
  /** Made when it is not there. Several processes may use the same one. */
  readonly directory: string;
  /** From this size on nothing new is accepted. @default 256 MiB */
  readonly maxBytes?: number;
  /** A segment of this size is closed, and another begun. @default 16 MiB */
  readonly segmentBytes?: number;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
}

/**
 * Rows in files on the local disk, one `fdatasync` for each batch.
 *
 * Processes need no lock on the directory. Whoever replays a segment first renames it, and whoever writes looks after
 * each sync whether its segment still has its name; if not, it writes the batch again into a new one. So a row may be
 * replayed twice, which is harmless, but never be deleted unread.
 */
export class Journal {
  readonly #settings: Required<JournalSettings>;
  readonly #instance = randomUUID();
  #segment: SegmentWriter | undefined;
  #count = 0;
  #bytes: number;
  /** Rows that are still to be replayed, by segment. */
  #rowsOf = new Map<string, number>();
  /** Appending and claiming take turns. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @throws ConfigError when the directory cannot be used */
  constructor(settings: JournalSettings) {
    this.#settings = { maxBytes: 256 * MEBIBYTE, segmentBytes: 16 * MEBIBYTE, now: Date.now, ...settings };
    openDirectory(this.#settings.directory);
    const names = readdirSync(this.#settings.directory);
    this.#bytes = this.#sizeOf(names.filter((name) => claimedName(name, this.#instance) !== undefined));
    this.#rowsOf = this.#countRows(names);
  }

  /** Bytes that are still to be replayed, those of other processes in the same directory included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** From this size on nothing new is accepted, in bytes. */
  get maxBytes(): number {
    return this.#settings.maxBytes;
  }

  /** Rows that are still to be replayed, as far as this process has seen their segments. */
  get rows(): number {
    let sum = 0;
    for (const rows of this.#rowsOf.values()) sum += rows;
    return sum;
  }

  /** When the first of them was written, in milliseconds since 1970; `undefined`: there is none. */
  get oldestAt(): number | undefined {
    const first = [...this.#rowsOf.keys()].sort()[0];
    return first === undefined ? undefined : segmentTime(first);
  }

  /** Whether new requests may count on the journal. Rows of those that run are written in any case. */
  get hasRoom(): boolean {
    return this.#bytes < this.#settings.maxBytes;
  }

  /** Resolves when the records are on the disk. @throws when the disk does not take them; none is kept then */
  append(records: readonly JournalRecord[]): Promise<void> {
    const text = records.map(encodeRecord).join("");
    return this.#inTurn(() => this.#append(text, records.length));
  }

  /** Takes over every segment there is, of other processes and former ones too. @returns their paths, oldest first */
  claim(): Promise<readonly string[]> {
    return this.#inTurn(async () => {
      await this.#endSegment();
      const { directory } = this.#settings;
      const claimed: string[] = [];
      for (const name of (await readdir(directory)).sort()) {
        const mine = claimedName(name, this.#instance);
        if (mine === undefined) continue;
        const isMine = await rename(join(directory, name), join(directory, mine)).then(
          () => true,
          () => false, // another process was faster
        );
        if (isMine) claimed.push(mine);
      }
      this.#bytes = this.#sizeOf(claimed);
      this.#rowsOf = this.#countRows(claimed);
      return claimed.map((name) => join(directory, name));
    });
  }

  /** Removes a claimed segment whose records are all in the database. */
  async remove(path: string): Promise<void> {
    const bytes = fileSize(path);
    await rm(path, { force: true });
    this.#forget(path, bytes);
  }

  /** Keeps a claimed segment for a person to look at; it is not replayed again. @returns its new path */
  async setAside(path: string): Promise<string> {
    const bytes = fileSize(path);
    await rename(path, `${path}.damaged`);
    this.#forget(path, bytes);
    return `${path}.damaged`;
  }

  close(): Promise<void> {
    return this.#inTurn(() => this.#endSegment());
  }

  #forget(path: string, bytes: number): void {
    this.#bytes -= bytes;
    this.#rowsOf.delete(segmentStem(basename(path)) ?? "");
  }

  /** Counts the rows of segments that this process has not written itself. */
  #countRows(names: readonly string[]): Map<string, number> {
    const counted = new Map<string, number>();
    for (const name of names) {
      const stem = segmentStem(name);
      if (stem === undefined) continue;
      counted.set(stem, this.#rowsOf.get(stem) ?? countLines(join(this.#settings.directory, name)));
    }
    return counted;
  }

  async #append(text: string, rows: number): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      this.#segment ??= await this.#beginSegment();
      const segment = this.#segment;
      let isDurable: boolean;
      try {
        isDurable = await segment.append(text);
      } catch (error) {
        this.#segment = undefined;
        await segment.abandon();
        throw error;
      }
      if (isDurable) {
        this.#bytes += Buffer.byteLength(text);
        const stem = segmentStem(basename(segment.path)) ?? "";
        this.#rowsOf.set(stem, (this.#rowsOf.get(stem) ?? 0) + rows);
      }
      if (!isDurable || segment.bytes >= this.#settings.segmentBytes) await this.#endSegment();
      if (isDurable) return;
    }
    throw new Error(`${ATTEMPTS} journal segments in a row were claimed by other processes`);
  }

  #beginSegment(): Promise<SegmentWriter> {
    this.#count += 1;
    const name = segmentName(this.#settings.now(), this.#count, this.#instance);
    return SegmentWriter.create(join(this.#settings.directory, name));
  }

  async #endSegment(): Promise<void> {
    const segment = this.#segment;
    this.#segment = undefined;
    await segment?.close().catch(() => {}); // what counts is synced already
  }

  #sizeOf(names: readonly string[]): number {
    return names.reduce((sum, name) => sum + fileSize(join(this.#settings.directory, name)), 0);
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }
}

/** 0 for a file that is gone. */
function fileSize(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Each row ends in a newline. 0 for a file that is gone, or cannot be read: whoever replays it says so. */
function countLines(path: string): number {
  const piece = Buffer.alloc(PIECE_BYTES);
  let lines = 0;
  try {
    const file = openSync(path, "r");
    try {
      for (let length = readSync(file, piece); length > 0; length = readSync(file, piece))
        for (let at = piece.indexOf(NEWLINE); at !== -1 && at < length; at = piece.indexOf(NEWLINE, at + 1))
          lines += 1;
    } finally {
      closeSync(file);
    }
  } catch {
    return lines;
  }
  return lines;
}

/**
 * Makes the journal's directory, mode 0700 when it is new.
 * @throws ConfigError when it cannot be made or written
 */
export function openDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new ConfigError([
      `JOURNAL_DIRECTORY: ${path} cannot be written (${(error as NodeJS.ErrnoException).code}); ` +
        "give the gateway's user a directory of its own, or remove the variable to work without a journal",
    ]);
  }
}

/** Time in milliseconds, number, and the process that wrote it; then the process that has claimed it, if any. */
const NAME = /^(\d{13}-\d{6}-[0-9a-f-]{36})(?:\.[0-9a-f-]{36})?\.journal$/;

/** Name of a new segment. Sorting names gives their order in time. @param instance UUID of the process */
export function segmentName(nowMs: number, count: number, instance: string): string {
  return `${String(nowMs).padStart(13, "0")}-${String(count).padStart(6, "0")}-${instance}.journal`;
}

/** The name under which a process replays a segment. @returns `undefined` when `name` is no segment's */
export function claimedName(name: string, instance: string): string | undefined {
  const stem = segmentStem(name);
  return stem === undefined ? undefined : `${stem}.${instance}.journal`;
}

/** What of a segment's name stays when it is claimed. @returns `undefined` when `name` is no segment's */
function segmentStem(name: string): string | undefined {
  return NAME.exec(name)?.[1];
}

/** When a segment was begun, in milliseconds since 1970. */
function segmentTime(stem: string): number {
  return Number(stem.slice(0, 13));
}
