import type { ServerResponse } from "node:http";
import type { FastifyReply } from "fastify";
import type { AuditedRequest } from "../../audit/plugin";
import type { GatewayError } from "../../errors/gateway-error";
import { toGatewayError, toWireError } from "../../http/errors";
import { Exchange } from "../../http/exchange";
import type { MessageSource } from "../../providers/message-source";
import { invalidAnswer } from "../../providers/upstream-error";
import type { AnswerStream } from "../../wire/shared/answer-stream";
import { mostContentOf } from "./json";

/**
 * Passes an answer on as it comes: all events of one read become one write. The last events wait for the audit row. A failure
 * before the first content becomes a status; later it is an error of the client's wire API, so that nobody takes a
 * piece of an answer for the whole.
 * @param maxTokens that the provider was asked for at most
 * @throws GatewayError for a failure before the first content
 */
export async function relayStream(
  source: MessageSource,
  stream: AnswerStream,
  request: AuditedRequest,
  reply: FastifyReply,
  maxTokens: number,
): Promise<void> {
  const { audit } = request;
  const maxContentBytes = mostContentOf(maxTokens);
  const response = new SseResponse(reply, () => source.resume());
  try {
    await source.read((events) => {
      if (source.progress.contentBytes > maxContentBytes)
        return source.cancel(invalidAnswer("more output than requested"));
      let text = "";
      let isAlive = false;
      for (const event of events) {
        if (event.type === "ping") isAlive = true;
        text += stream.push(event);
      }
      // A provider that only says that it is still there says it for the gateway, too.
      if (text === "" && isAlive && response.hasBegun) text = stream.keepAlive;
      if (text === "") return;
      audit.recordFirstContent();
      if (!response.write(text)) source.pause();
    });
    audit.recordMessage(source.progress);
    await audit.commit(200);
    response.end(stream.end());
  } catch (error) {
    audit.recordMessage(source.progress);
    const failure = toGatewayError(error, request.id);
    if (failure.status === 500) request.log.error({ err: error, requestId: request.id }, "stream failed");
    if (!response.hasBegun) throw failure;
    await settleFailure(failure, request);
    response.end(stream.fail(failure));
  } finally {
    // An answer that has begun has nobody else to end it, also when its last events cannot be written.
    response.cutOff();
  }
}

/**
 * Answers with a stream that ends with an error at once, for clients that understand the error nowhere else. The audit row
 * has the status that the error would have had.
 */
export async function relayFailure(
  failure: GatewayError,
  stream: AnswerStream,
  request: AuditedRequest,
  reply: FastifyReply,
): Promise<void> {
  await settleFailure(failure, request);
  new SseResponse(reply, () => {}).end(stream.fail(failure));
}

/** Commits the row of a stream that ends with an error: the client has a 200, and the row states which error it was told. */
async function settleFailure(failure: GatewayError, request: AuditedRequest): Promise<void> {
  request.audit.recordError(failure);
  await request.audit
    .commit(toWireError(failure, request).status)
    .catch((late) =>
      request.log.warn({ err: late, requestId: request.id }, "audit row not committed in time"),
    );
}

const HEAD = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache",
  // Proxies such as nginx would hold events back.
  "x-accel-buffering": "no",
};

/** Writes server-sent events to the client's socket. Nothing is sent before the first `write`. */
class SseResponse {
  readonly #raw: ServerResponse;
  readonly #exchange: Exchange;
  readonly #onDrain: () => void;

  /** @param onDrain the socket takes more after a `write` that returned false, or is gone */
  constructor(
    readonly reply: FastifyReply,
    onDrain: () => void,
  ) {
    this.#raw = reply.raw;
    this.#exchange = Exchange.of(reply.raw);
    this.#onDrain = onDrain;
  }

  /** Whether the status is out, so that an error can only be an event. */
  get hasBegun(): boolean {
    return this.#raw.headersSent;
  }

  /** @param text one character for each byte @returns whether more may be written at once */
  write(text: string): boolean {
    // Writing to a socket that is gone raises an error nobody listens to.
    if (this.#exchange.isOver) return true;
    this.#begin();
    return this.#raw.write(text, "latin1");
  }

  end(text: string): void {
    if (this.#exchange.isOver) return;
    this.#begin();
    this.#raw.end(text, "latin1");
  }

  /** Ends the connection, unless the answer came to its end: nobody else would, once it has begun. */
  cutOff(): void {
    if (this.hasBegun && !this.#raw.writableEnded) this.#raw.destroy();
  }

  #begin(): void {
    if (this.#raw.headersSent) return;
    // From here on Fastify leaves the socket alone.
    this.reply.hijack();
    this.#raw.on("drain", this.#onDrain);
    this.#exchange.onOver(this.#onDrain);
    this.#raw.writeHead(200, { ...(this.reply.getHeaders() as Record<string, string>), ...HEAD });
  }
}
