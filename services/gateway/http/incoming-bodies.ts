import type { Readable } from "node:stream";
import { monotonicClock } from "../../shared/clock";
import { bodyTooLarge, bodyTooSlow, clientClosed, overloaded } from "../errors/catalogue";
import type { GatewayError } from "../errors/gateway-error";
import type { BodyRoom } from "./capacity";

/** How slowly a body may come. */
export interface BodyPace {
  /** From the head to the last byte, in milliseconds. */
  readonly bodyTimeoutMs: number;
  /** On average, after a grace of ten seconds. */
  readonly bodyMinBytesPerSecond: number;
}

/** A body that is waited for. */
export interface ExpectedBody {
  readonly payload: Readable;
  /** Where its bytes are booked as they come. */
  readonly room: BodyRoom;
  /** Of this body, in bytes. */
  readonly limit: number;
  /** What its head says, in bytes. `undefined`: it comes in chunks. */
  readonly length: number | undefined;
}

/** Called once, with the reason to refuse a body or with all of it. */
export type BodyDone = (error: GatewayError | null, bytes?: Buffer) => void;

/** Before anybody judges how fast a body comes, in milliseconds. */
const GRACE_MS = 10_000;
/** Blocks in which pieces of a body are gathered, in bytes. */
const LEAST_BLOCK_BYTES = 1024;
const MOST_BLOCK_BYTES = 64 * 1024;
const NO_BYTES = Buffer.alloc(0);
/** How often it is looked how fast bodies come, in milliseconds. */
const LOOK_MS = 1000;

/** Bodies on their way: each is bounded in size, booked as it comes, and must come soon. */
export class IncomingBodies {
  readonly #bodies = new Set<IncomingBody>();
  #timer: NodeJS.Timeout | undefined;
  #lookedAt = 0;

  /** @param now monotonic, in milliseconds */
  constructor(
    readonly pace: BodyPace,
    readonly now: () => number = monotonicClock.now,
  ) {}

  start(): void {
    this.#lookedAt = this.now();
    this.#timer ??= setInterval(() => this.look(), this.#intervalMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Reads a body to its end, or to the first reason to refuse it. `done` is called once. */
  receive(expected: ExpectedBody, done: BodyDone): void {
    const refusal = refusalOf(expected);
    if (refusal !== undefined) {
      done(refusal);
      return;
    }
    const { room } = expected;
    const body = new IncomingBody(expected, this.now(), (error, bytes) => {
      this.#bodies.delete(body);
      room.end();
      done(error, bytes);
    });
    this.#bodies.add(body);
    body.read();
  }

  /** Refuses those that come too slowly. */
  look(): void {
    const now = this.now();
    const pausedMs = now - this.#lookedAt;
    this.#lookedAt = now;
    // This process itself stood still: what came meanwhile has not been read yet.
    if (pausedMs > 2 * this.#intervalMs) return;
    const { bodyTimeoutMs, bodyMinBytesPerSecond } = this.pace;
    for (const body of this.#bodies) {
      const ms = now - body.begunAt;
      const least = ms < GRACE_MS ? 0 : (bodyMinBytesPerSecond * ms) / 1000;
      if (ms > bodyTimeoutMs || body.received < least) body.fail(bodyTooSlow());
    }
  }

  get #intervalMs(): number {
    return Math.min(LOOK_MS, Math.ceil(this.pace.bodyTimeoutMs / 4));
  }
}

class IncomingBody {
  received = 0;
  #isOver = false;
  #pieces = new Pieces();
  readonly #onData = (chunk: Buffer) => this.#take(chunk);
  readonly #onEnd = () => this.#finish();
  readonly #onGone = () => this.fail(clientClosed());

  constructor(
    readonly expected: ExpectedBody,
    readonly begunAt: number,
    readonly done: BodyDone,
  ) {}

  read(): void {
    const { payload } = this.expected;
    payload.on("data", this.#onData);
    payload.on("end", this.#onEnd);
    payload.on("error", this.#onGone);
    payload.on("close", this.#onGone);
    payload.resume();
  }

  /** Wants no more of it. Does nothing after the end. */
  fail(error: GatewayError): void {
    if (this.#leave()) this.done(error);
  }

  #take(chunk: Buffer): void {
    this.received += chunk.length;
    const { limit, room } = this.expected;
    if (this.received > limit) this.fail(bodyTooLarge(limit));
    else if (!room.take(chunk.length)) this.fail(noRoom());
    else this.#pieces.add(chunk);
  }

  #finish(): void {
    const pieces = this.#pieces;
    if (this.#leave()) this.done(null, pieces.join());
  }

  /** @returns whether it was still waited for */
  #leave(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    const { payload } = this.expected;
    payload.off("data", this.#onData);
    payload.off("end", this.#onEnd);
    payload.off("close", this.#onGone);
    // The one for errors stays: nobody else would listen when the client breaks off what is left of it.
    this.#pieces = new Pieces();
    return true;
  }
}

/**
 * What came of a body. It is copied together as it comes: a client decides how small the pieces are, and each would hold
 * hundreds of bytes beside its own, of which nothing is booked; and one may be a piece of something larger, which would stay in memory with it.
 */
class Pieces {
  readonly #full: Buffer[] = [];
  #block = NO_BYTES;
  /** Bytes of `#block` that are in use. */
  #used = 0;
  #length = 0;

  add(chunk: Buffer): void {
    const taken = chunk.copy(this.#block, this.#used);
    this.#used += taken;
    if (taken < chunk.length) this.#begin(chunk.subarray(taken));
    this.#length += chunk.length;
  }

  /** All of it, in memory of its own. */
  join(): Buffer {
    const isWhole = this.#full.length === 0 && this.#used === this.#block.length;
    return isWhole
      ? this.#block
      : Buffer.concat([...this.#full, this.#block.subarray(0, this.#used)], this.#length);
  }

  /** The next block: as long as what came before, so that no more than half is unused. */
  #begin(rest: Buffer): void {
    if (this.#used > 0) this.#full.push(this.#block);
    const length = Math.min(Math.max(this.#length, LEAST_BLOCK_BYTES), MOST_BLOCK_BYTES);
    this.#block = Buffer.allocUnsafeSlow(Math.max(length, rest.length));
    this.#used = rest.copy(this.#block);
  }
}

/** Why a body is not even begun; `undefined` when it is. */
function refusalOf({ length, limit, room, payload }: ExpectedBody): GatewayError | undefined {
  if (length !== undefined && length > limit) return bodyTooLarge(limit);
  // One that cannot fit is refused before it is read; what is booked is what came.
  if (length !== undefined && !room.hasRoom(length)) return noRoom();
  if (payload.destroyed) return clientClosed();
  return room.begin() ? undefined : overloaded("unfinished request bodies");
}

const noRoom = () => overloaded("request bodies in memory");
