import { crc32 } from "node:zlib";

/** One message of AWS's binary event stream. */
export interface EventStreamFrame {
  /** Headers whose value is text, such as `:message-type`. */
  readonly headers: ReadonlyMap<string, string>;
  readonly payload: Buffer;
}

/** Bytes that are no event stream, or were changed on the way. */
export class EventStreamError extends Error {
  override readonly name = "EventStreamError";
}

/** Total length, length of the headers, checksum of these two; 4 bytes each. */
const PRELUDE_BYTES = 12;
const CHECKSUM_BYTES = 4;
/** AWS's own limits: 16 MiB of payload and 128 KiB of headers. */
const MAX_FRAME_BYTES = 16 * 1024 * 1024 + 128 * 1024 + PRELUDE_BYTES + CHECKSUM_BYTES;
const TEXT = 7;
/** Bytes of a header value by its type; types 6 and 7 carry their own length, `undefined` here. */
const VALUE_BYTES: readonly (number | undefined)[] = [0, 0, 1, 2, 4, 8, undefined, undefined, 8, 16];

/**
 * Bytes → frames, however the bytes are cut. Both checksums of each frame are verified.
 * Source: "Event stream encoding", AWS Smithy specification.
 */
export class EventStreamDecoder {
  #parts: Buffer[] = [];
  #size = 0;
  /** Bytes without which nothing can be done. */
  #needed = PRELUDE_BYTES;

  /**
   * @param frames where they are put: those before one without sense are there when it throws. @default a new list
   * @throws EventStreamError
   */
  push(chunk: Uint8Array, frames: EventStreamFrame[] = []): EventStreamFrame[] {
    this.#parts.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    this.#size += chunk.byteLength;
    if (this.#size < this.#needed) return frames;
    // Joined once a frame is complete, not once a read.
    let bytes = Buffer.concat(this.#parts);
    this.#needed = PRELUDE_BYTES;
    while (bytes.length >= PRELUDE_BYTES) {
      const length = readLength(bytes);
      if (bytes.length < length) {
        this.#needed = length;
        break;
      }
      frames.push(readFrame(bytes.subarray(0, length)));
      bytes = bytes.subarray(length);
    }
    this.#parts = [bytes];
    this.#size = bytes.length;
    return frames;
  }
}

function readLength(bytes: Buffer): number {
  const length = bytes.readUInt32BE(0);
  if (crc32(bytes.subarray(0, 8)) !== bytes.readUInt32BE(8)) throw new EventStreamError("prelude checksum");
  const least = PRELUDE_BYTES + bytes.readUInt32BE(4) + CHECKSUM_BYTES;
  if (length < least || length > MAX_FRAME_BYTES) throw new EventStreamError("frame length");
  return length;
}

function readFrame(frame: Buffer): EventStreamFrame {
  const end = frame.length - CHECKSUM_BYTES;
  if (crc32(frame.subarray(0, end)) !== frame.readUInt32BE(end)) throw new EventStreamError("frame checksum");
  const headersEnd = PRELUDE_BYTES + frame.readUInt32BE(4);
  return {
    headers: readHeaders(frame.subarray(PRELUDE_BYTES, headersEnd)),
    payload: frame.subarray(headersEnd, end),
  };
}

function readHeaders(bytes: Buffer): Map<string, string> {
  const headers = new Map<string, string>();
  try {
    let at = 0;
    while (at < bytes.length) {
      const nameEnd = at + 1 + bytes.readUInt8(at);
      const name = bytes.toString("utf8", at + 1, nameEnd);
      const type = bytes.readUInt8(nameEnd);
      if (type >= VALUE_BYTES.length) throw new EventStreamError("header type");
      const fixed = VALUE_BYTES[type];
      const start = nameEnd + (fixed === undefined ? 3 : 1);
      const valueEnd = start + (fixed ?? bytes.readUInt16BE(nameEnd + 1));
      if (valueEnd > bytes.length) throw new EventStreamError("header length");
      if (type === TEXT) headers.set(name, bytes.toString("utf8", start, valueEnd));
      at = valueEnd;
    }
  } catch (error) {
    // Reading beyond the end is a RangeError.
    throw error instanceof EventStreamError ? error : new EventStreamError("header length");
  }
  return headers;
}
