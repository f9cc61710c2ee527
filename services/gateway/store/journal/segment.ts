import { type FileHandle, open, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import type { AuditRow } from "../audit-log";
import type { CommitItem } from "../group-commit-entry";

/** A new file of mode 0600 that lines are added to. */
export class SegmentWriter {
  #bytes = 0;

  private constructor(
    readonly path: string,
    readonly file: FileHandle,
  ) {}

  /** Makes the file, and its name durable. @throws when the disk does not take it */
  static async create(path: string): Promise<SegmentWriter> {
    const writer = new SegmentWriter(path, await open(path, "ax", 0o600));
    try {
      await syncDirectory(dirname(path));
    } catch (error) {
      await writer.abandon();
      throw error;
    }
    return writer;
  }

  /** Bytes that are durable. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Resolves when the text is on the disk.
   * @returns whether the file is still there under its name. If not, another process has claimed it and may have read
   * it before this text was in it: the text must be written again, elsewhere.
   * @throws when the disk does not take it; then the file must be abandoned
   */
  async append(text: string): Promise<boolean> {
    await this.file.appendFile(text);
    await this.file.datasync();
    // After the sync, in this order: whoever claims the file from here on reads the text.
    const isThere = await stat(this.path).then(
      () => true,
      () => false,
    );
    if (isThere) this.#bytes += Buffer.byteLength(text);
    return isThere;
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  /**
   * After a failed write: takes back what is not durable, as far as the disk allows. A rest is recognised when
   * the segment is read.
   */
  async abandon(): Promise<void> {
    await this.file.truncate(this.#bytes).catch(() => {});
    await this.file.close().catch(() => {});
    if (this.#bytes === 0) await rm(this.path, { force: true }).catch(() => {});
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** What the journal keeps of one request. Intents are not kept: see `JournaledWriter`. */
export interface JournalRecord {
  readonly row: AuditRow;
  /** The lease and the budgets that its cost is still to be taken from. `undefined`: no budget pays for it. */
  readonly intent: CommitItem["intent"];
}

/** Hexadecimal digits of the checksum. */
const CRC_DIGITS = 8;

/** One line, newline included: the CRC-32 of the text, a space, the record as JSON. */
export function encodeRecord({ row, intent }: JournalRecord): string {
  const paidBy =
    intent === undefined
      ? undefined
      : { owner: intent.owner, budgets: intent.budgets, unreserved: intent.unreserved };
  const json = JSON.stringify({ intent: paidBy, row });
  return `${checksum(json)} ${json}\n`;
}

/** Reads a line without its newline. @returns `undefined` when it is not as it was written */
export function decodeRecord(line: string): JournalRecord | undefined {
  const json = line.slice(CRC_DIGITS + 1);
  if (json === "" || line.slice(0, CRC_DIGITS + 1) !== `${checksum(json)} `) return undefined;
  const { intent, row } = JSON.parse(json) as JournalRecord;
  return { intent, row: { ...row, startedAt: new Date(row.startedAt) } };
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(CRC_DIGITS, "0");
}

/** What is in a segment. */
interface SegmentContent {
  readonly records: readonly JournalRecord[];
  /** Unreadable lines at the end: a write that was cut off. Nobody was told that it had succeeded. */
  readonly tornLines: number;
  /** Unreadable lines with readable ones after them: the file was damaged later, or a power cut reordered its blocks. */
  readonly damagedLines: number;
}

/** Judges each line by itself, so that a bad one costs no other. */
export function readSegment(text: string): SegmentContent {
  const lines = text.split("\n");
  // What follows the last newline: nothing, or a line that was cut off.
  const rest = lines.pop();
  const found = lines.map(decodeRecord);
  const end = found.findLastIndex((record) => record !== undefined) + 1;
  const records = found.filter((record) => record !== undefined);
  return {
    records,
    tornLines: found.length - end + (rest === "" ? 0 : 1),
    damagedLines: end - records.length,
  };
}
