import { randomUUID } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { openDirectory } from "./open-directory";
import { encodeRecord, type JournalRecord } from "./record";
import { claimedName, segmentName } from "./segment-name";
import { SegmentWriter } from "./segment-writer";

const MEBIBYTE = 1024 * 1024;
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
  /** Appending and claiming take turns. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @throws ConfigError when the directory cannot be used */
  constructor(settings: JournalSettings) {
    this.#settings = { maxBytes: 256 * MEBIBYTE, segmentBytes: 16 * MEBIBYTE, now: Date.now, ...settings };
    openDirectory(this.#settings.directory);
    const names = readdirSync(this.#settings.directory);
    this.#bytes = this.#sizeOf(names.filter((name) => claimedName(name, this.#instance) !== undefined));
  }

  /** Bytes that are still to be replayed, those of other processes in the same directory included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** From this size on nothing new is accepted. */
  get maxBytes(): number {
    return this.#settings.maxBytes;
  }

  /** Whether new requests may count on the journal. Rows of those that run are written in any case. */
  get hasRoom(): boolean {
    return this.#bytes < this.#settings.maxBytes;
  }

  /** Resolves when the records are on the disk. @throws when the disk does not take them; none is kept then */
  append(records: readonly JournalRecord[]): Promise<void> {
    const text = records.map(encodeRecord).join("");
    return this.#inTurn(() => this.#append(text));
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
      return claimed.map((name) => join(directory, name));
    });
  }

  /** Removes a claimed segment whose records are all in the database. */
  async remove(path: string): Promise<void> {
    const bytes = fileSize(path);
    await rm(path, { force: true });
    this.#bytes -= bytes;
  }

  /** Keeps a claimed segment for a person to look at; it is not replayed again. @returns its new path */
  async setAside(path: string): Promise<string> {
    const bytes = fileSize(path);
    await rename(path, `${path}.damaged`);
    this.#bytes -= bytes;
    return `${path}.damaged`;
  }

  close(): Promise<void> {
    return this.#inTurn(() => this.#endSegment());
  }

  async #append(text: string): Promise<void> {
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
      if (isDurable) this.#bytes += Buffer.byteLength(text);
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
