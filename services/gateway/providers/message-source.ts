import type { Dispatcher } from "undici";
import { monotonicClock } from "../../shared/clock";
import { GatewayError } from "../errors/gateway-error";
import type { MessageEvent } from "../wire/internal/event";
import { endProgress, MessageProgress, reduceProgress } from "../wire/internal/progress";
import { NO_USAGE } from "../wire/internal/usage";
import { toUpstreamFailure } from "./client";
import { redactFailure } from "./redact";
import type { EventDecoder, UpstreamAnswer } from "./upstream-call";
import {
  type Headers,
  headerOf,
  invalidAnswer,
  isRefusal,
  readErrorBody,
  toReportedError,
  toStreamFailure,
} from "./upstream-error";

/** What is read of an error body, in bytes. */
const MAX_ERROR_BYTES = 64 * 1024;
/** Bytes of events that are held while there is no content; an answer that has some begins with a few hundred. */
const MAX_HELD_BYTES = 8 * 1024 * 1024;
/** Bytes of a whole answer: several times what the longest ones have, padding included. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;
/** Reads after the end of a message until its connection is given up. */
const MAX_TRAILING_READS = 16;

/** What is said of bytes that make no sense. */
const NO_EVENTS = "malformed events";

/** Takes the events of an answer, in the groups in which they arrived; `progress` of the source has seen them. */
export type EventConsumer = (events: readonly MessageEvent[]) => void;

/** Told of an answer's course, each once. */
export interface AnswerObserver {
  /** The first event is there. */
  begun(): void;
  /** Everything is said, or nothing more comes. @param failure `undefined`: the message came to its end */
  over(failure: GatewayError | undefined): void;
}

/**
 * Where an answer of a provider is: `asked`, no head yet; `refused`, its head has an error status and the body tells why;
 * `opening`, events are held until the first content; `flowing`; `over`, everything is said.
 */
type Phase = "asked" | "refused" | "opening" | "flowing" | "over";

/** Somebody who waits for the next turn of the answer. */
interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: GatewayError) => void;
}

/**
 * One answer of a provider. Bytes become events as they come, and events are handed on without a promise or an iterator for each read: with
 * many streams at once those would cost more than everything else.
 */
export class MessageSource implements Dispatcher.DispatchHandler {
  /** What the provider has reported so far. */
  readonly progress = new MessageProgress();
  readonly #decoder: EventDecoder;
  #phase: Phase = "asked";
  #controller: Dispatcher.DispatchController | undefined;
  #waiting: Waiting | undefined;
  #failure: GatewayError | undefined;
  /** Whether content came: from then on the answer is this provider's, however it goes on. */
  #hasContent = false;
  #hasBegun = false;
  #held: MessageEvent[] = [];
  #consumer: EventConsumer | undefined;
  #refusal: { status: number; headers: Headers; chunks: Buffer[]; size: number } | undefined;
  #trailingReads = 0;
  #receivedBytes = 0;
  /** Since when the model thinks unseen. */
  #unseenSince: number | undefined;
  /** When nobody waits for the answer any more, but for what it costs. */
  #leaving: { readonly reason: GatewayError; readonly onOver: () => void } | undefined;

  /**
   * @param answer what a good answer is, and a bad one; not the request, which is not kept for as long as the answer takes
   * @param observer @default - nobody
   */
  constructor(
    readonly answer: UpstreamAnswer,
    readonly observer?: AnswerObserver,
  ) {
    this.#decoder = answer.decoder();
    this.progress.bill = "none";
  }

  /** Resolves at the first content, or at the end of a message without any. @throws GatewayError */
  opened(): Promise<void> {
    return this.#hasContent || this.progress.phase === "done" ? Promise.resolve() : this.#wait();
  }

  /** Hands all events to `consumer`, those before the first content too. Resolves at the end of the message. @throws GatewayError */
  read(consumer: EventConsumer): Promise<void> {
    if (this.#leaving !== undefined) return this.#wait();
    this.#consumer = consumer;
    if (this.#phase === "opening") this.#phase = "flowing";
    const held = this.#held;
    this.#held = [];
    this.#handOn(consumer, held);
    const isDone = this.progress.phase === "done" && this.#failure === undefined;
    return isDone ? Promise.resolve() : this.#wait();
  }

  /** Ends the answer; who waits for it gets `reason`. The connection is given up. Does nothing after the end. */
  cancel(reason: GatewayError): void {
    this.#fail(reason);
  }

  /** As `cancel`, for an answer that takes too long; of one that was refused, what has come of the reason is kept. */
  timeOut(reason: GatewayError): void {
    if (this.#phase === "refused") this.#failAsSaid(this.#readRefusal());
    else this.#fail(reason);
  }

  /**
   * Nobody wants the answer any more. Where the provider goes on with it, and bills it, all the same, it is read to its end for
   * what it costs: who waits gets `reason` then. Otherwise as `cancel`.
   * @param onOver runs at the end
   * @returns whether there is anything to read
   */
  leave(reason: GatewayError, onOver: () => void): boolean {
    const isUnderWay = this.#phase !== "over" && this.progress.bill === "open";
    if (!isUnderWay || this.answer.isBilledWhole !== true) {
      this.#fail(reason);
      return false;
    }
    this.#leaving = { reason, onOver };
    this.#consumer = undefined;
    this.#held = [];
    this.#controller?.resume();
    return true;
  }

  /** Reads no more until `resume`. */
  pause(): void {
    if (this.#phase !== "over") this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // From here on bytes go out, unless the request is ended now.
    if (this.#phase === "over") controller.abort(new Error("response no longer needed"));
    else this.progress.bill = "open";
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (this.#phase !== "asked" || status < 200) return;
    if (status !== 200) {
      this.#phase = "refused";
      this.#refusal = { status, headers, chunks: [], size: 0 };
      return;
    }
    // Nobody asked for a compressed answer, and its bytes would be waited for in vain until its end.
    const isPlain = (headerOf(headers, "content-encoding") ?? "identity") === "identity";
    if (!isPlain || headerOf(headers, "content-type")?.startsWith(this.answer.contentType) !== true) {
      this.#fail(invalidAnswer("not an event stream"));
      return;
    }
    this.#phase = this.#consumer === undefined ? "opening" : "flowing";
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#phase === "refused") {
      this.#gather(chunk);
      return;
    }
    if (this.#phase === "over") {
      // The connection can be used again if the body ends soon.
      this.#trailingReads += 1;
      if (this.#trailingReads > MAX_TRAILING_READS)
        controller.abort(new Error("stream not closed after message_stop"));
      return;
    }
    this.#receivedBytes += chunk.length;
    const isHeld = this.#consumer === undefined && this.#leaving === undefined;
    if (this.#receivedBytes > (isHeld ? MAX_HELD_BYTES : MAX_ANSWER_BYTES)) {
      this.#fail(invalidAnswer("response too large"));
      return;
    }
    const { events, failure } = this.#take(chunk);
    if (!this.#hasBegun && events.length > 0) {
      this.#hasBegun = true;
      this.observer?.begun();
    }
    this.#measureThinking(this.progress.isThinkingUnseen);
    if (this.#consumer !== undefined) this.#handOn(this.#consumer, events);
    else if (isHeld) this.#held.push(...events);
    if (this.progress.phase === "failed") this.#failAsSaid(toStreamFailure(this.progress));
    else if (this.progress.phase === "done") this.#end();
    else if (failure !== undefined) this.#failAsSaid(failure);
    else if (isHeld && this.#hasContent && this.#consumer === undefined) this.#wake();
  }

  onResponseEnd(): void {
    if (this.#phase === "over") return;
    if (this.#phase === "refused") this.#failAsSaid(this.#readRefusal());
    else this.#fail(toStreamFailure(endProgress(this.progress)));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#phase === "over") return;
    if (this.#phase === "refused") this.#failAsSaid(this.#readRefusal());
    else this.#fail(toUpstreamFailure(error));
  }

  /**
   * Events up to the end of the message; what follows it has no meaning. Those that share a read with bytes without sense
   * count when they come before them: they were delivered, and are billed.
   */
  #take(chunk: Buffer): { events: readonly MessageEvent[]; failure?: GatewayError } {
    const events: MessageEvent[] = [];
    let failure: GatewayError | undefined;
    try {
      this.#decoder.push(chunk, events);
    } catch (error) {
      failure = error instanceof GatewayError ? error : invalidAnswer(NO_EVENTS);
    }
    let count = 0;
    try {
      for (const event of events) {
        const { isOver, hasContent } = reduceProgress(this.progress, event);
        if (event.type === "message_start") this.#redactModel();
        count += 1;
        if (hasContent) this.#hasContent = true;
        if (isOver) return { events: events.slice(0, count) };
      }
    } catch {
      // This one was no JSON.
      return { events: events.slice(0, count), failure: invalidAnswer(NO_EVENTS) };
    }
    return failure === undefined ? { events } : { events, failure };
  }

  /** It is kept in the audit row, for years and for whoever may read those. */
  #redactModel(): void {
    const { upstreamModel } = this.progress;
    if (upstreamModel !== null) this.progress.upstreamModel = this.answer.redact(upstreamModel);
  }

  /** @param isUnseen whether it goes on */
  #measureThinking(isUnseen: boolean): void {
    if (!isUnseen && this.#unseenSince === undefined) return;
    const now = monotonicClock.now();
    if (this.#unseenSince !== undefined) this.progress.unseenThinkingMs += now - this.#unseenSince;
    this.#unseenSince = isUnseen ? now : undefined;
  }

  #handOn(consumer: EventConsumer, events: readonly MessageEvent[]): void {
    if (events.length === 0) return;
    try {
      consumer(events);
    } catch {
      // Events are read by the consumer, not before: one of them was no JSON.
      this.#fail(invalidAnswer(NO_EVENTS));
    }
  }

  #gather(chunk: Buffer): void {
    const refusal = this.#refusal;
    if (refusal === undefined) return;
    refusal.chunks.push(chunk);
    refusal.size += chunk.length;
    if (refusal.size > MAX_ERROR_BYTES) this.#failAsSaid(this.#readRefusal());
  }

  #readRefusal(): GatewayError {
    const { status, headers, chunks } = this.#refusal ?? { status: 502, headers: {}, chunks: [] };
    const body = readErrorBody(Buffer.concat(chunks));
    return toReportedError(this.answer.readError(status, headers, body), headers);
  }

  #wait(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve();
  }

  #end(): void {
    if (this.#phase === "over") return;
    if (this.#leaving === undefined) {
      this.#phase = "over";
      this.observer?.over(undefined);
      this.#wake();
    } else this.#fail(this.#leaving.reason);
  }

  /** What the provider itself may have said: then it is known whether it bills anything. */
  #failAsSaid(failure: GatewayError): void {
    const { progress } = this;
    const { upstreamStatus: status } = failure;
    if (status !== undefined && this.#phase !== "over") {
      if (progress.usage === NO_USAGE && isRefusal(status)) progress.bill = "none";
      // A failure that was only made of what came says nothing of how the provider goes on.
      else if (progress.phase !== "failed") progress.bill = "ended";
    }
    this.#fail(failure);
  }

  #fail(reason: GatewayError): void {
    if (this.#phase === "over") return;
    this.#phase = "over";
    this.#measureThinking(false);
    const leaving = this.#leaving;
    const failure = redactFailure(reason, this.answer.redact);
    this.#failure = leaving?.reason ?? failure;
    this.observer?.over(failure);
    leaving?.onOver();
    // Content that came before goes to the client, and the failure after it.
    if (leaving === undefined && this.#hasContent && this.#consumer === undefined) this.#wake();
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.reject(this.#failure);
    this.#controller?.abort(failure);
  }
}
