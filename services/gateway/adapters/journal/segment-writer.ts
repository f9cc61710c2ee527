import { type FileHandle, open, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";

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
