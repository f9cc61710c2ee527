import type { FastifyReply, FastifyRequest } from "fastify";
import { toWireError } from "../plugins/wire-error";
import { toGatewayError } from "../to-gateway-error";
import type { AnswerStream } from "../translate/answer-stream";
import type { MessageSource } from "../upstream/message-source";
import { invalidAnswer } from "../upstream/read-error";
import { mostContentOf } from "./most-content";
import { SseResponse } from "./sse-response";

/** The client's side of a streamed answer. */
export interface StreamTarget {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

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
  { request, reply }: StreamTarget,
  maxTokens: number,
): Promise<void> {
  const { audit } = request;
  const maxContentBytes = mostContentOf(maxTokens);
  const response = new SseResponse(reply, () => source.resume());
  try {
    await source.read((events) => {
      if (source.progress.contentBytes > maxContentBytes)
        return source.cancel(invalidAnswer("more content than was asked for"));
      let text = "";
      let isAlive = false;
      for (const event of events) {
        if (event.type === "ping") isAlive = true;
        text += stream.push(event);
      }
      // A provider that only says that it is still there says it for the gateway, too.
      if (text === "" && isAlive && response.hasBegun) text = stream.keepAlive;
      if (text === "") return;
      audit?.recordFirstContent();
      if (!response.write(text)) source.pause();
    });
    audit?.recordMessage(source.progress);
    await audit?.commit(200);
    response.end(stream.end());
  } catch (error) {
    audit?.recordMessage(source.progress);
    const failure = toGatewayError(error, request.id);
    if (failure.status === 500) request.log.error({ err: error, requestId: request.id }, "stream failed");
    if (!response.hasBegun) throw failure;
    audit?.recordError(failure);
    await audit
      // The client has a 200; the row states which error it was told.
      ?.commit(toWireError(failure, request).status)
      .catch((late) => request.log.warn({ err: late, requestId: request.id }, "audit row late"));
    response.end(stream.fail(failure));
  } finally {
    // An answer that has begun has nobody else to end it, also when its last events cannot be written.
    response.cutOff();
  }
}
