import { crc32 } from "node:zlib";
import type { GatewayError } from "../../errors/gateway-error";
import { MessageEvent } from "../../wire/internal/event";
import type { EventDecoder } from "../upstream-call";
import { toUpstreamError } from "../upstream-error";

/** One message of AWS's binary event stream. */
interface EventStreamFrame {
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

/** Frames of InvokeModelWithResponseStream, each with one event of the Messages API. */
export function frameEvents(): EventDecoder {
  const decoder = new EventStreamDecoder();
  return {
    push(chunk, events) {
      const frames: EventStreamFrame[] = [];
      try {
        decoder.push(chunk, frames);
      } finally {
        // Frames before one without sense count, as long as they have sense themselves.
        for (const frame of frames) events.push(...toEvents(frame));
      }
    },
  };
}

/** @throws GatewayError for an exception frame */
function toEvents({ headers, payload }: EventStreamFrame): MessageEvent[] {
  const kind = headers.get(":message-type");
  if (kind === "exception") throw toFailure(headers.get(":exception-type"), readMessage(payload));
  if (kind === "error") throw toFailure(headers.get(":error-code"), headers.get(":error-message"));
  if (kind !== "event") throw new EventStreamError(`message type ${kind}`);
  if (headers.get(":event-type") !== "chunk") return [];
  const { bytes } = JSON.parse(payload.toString("utf8")) as { bytes?: unknown };
  if (typeof bytes !== "string") return [];
  const event = MessageEvent.of(Buffer.from(bytes, "base64").toString("latin1"));
  // Objects without a type are additions of AWS, such as metrics.
  return event.type === "" ? [] : [event];
}

function toFailure(name: string | undefined, message = ""): GatewayError {
  return toUpstreamError({ status: statusOfException(name, 500), message });
}

function readMessage(payload: Buffer): string {
  try {
    const { message } = JSON.parse(payload.toString("utf8")) as { message?: unknown };
    return typeof message === "string" ? message : "";
  } catch {
    return "";
  }
}

/**
 * Bedrock's exceptions as the statuses that Anthropic's API would use for the same trouble. Not AWS's own
 * statuses: quotas are 400 there, refused credentials 403, and 424 means nothing to clients.
 * Source: error lists of InvokeModel and InvokeModelWithResponseStream; common errors of AWS APIs.
 */
const STATUS: ReadonlyMap<string, number> = new Map([
  ["AccessDeniedException", 403],
  ["ConflictException", 400],
  ["ExpiredTokenException", 401],
  ["IncompleteSignature", 401],
  ["IncompleteSignatureException", 401],
  ["InternalServerException", 500],
  ["InvalidSignatureException", 401],
  ["MissingAuthenticationTokenException", 401],
  ["ModelErrorException", 500],
  ["ModelNotReadyException", 429],
  ["ModelStreamErrorException", 500],
  ["ModelTimeoutException", 504],
  ["ResourceNotFoundException", 404],
  ["ServiceQuotaExceededException", 429],
  ["ServiceUnavailableException", 503],
  ["ThrottlingException", 429],
  ["UnrecognizedClientException", 401],
  ["ValidationException", 400],
]);

/**
 * @param name as in `x-amzn-errortype`, `__type` or `:exception-type`: with a namespace before `#` and more after
 * `:`, and inside streams beginning with a small letter
 * @param fallback when the name is not known
 */
export function statusOfException(name: string | undefined, fallback: number): number {
  const plain = name?.replace(/:.*$/, "").replace(/^.*#/, "").trim() ?? "";
  return STATUS.get(plain.charAt(0).toUpperCase() + plain.slice(1)) ?? fallback;
}
