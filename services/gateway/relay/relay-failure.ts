import type { GatewayError } from "../errors";
import { toWireError } from "../plugins/wire-error";
import type { AnswerStream } from "../translate/answer-stream";
import type { StreamTarget } from "./relay-stream";
import { SseResponse } from "./sse-response";

/**
 * Answers with a stream that ends with an error at once, for clients that understand the error nowhere else. The audit row
 * has the status that the error would have had.
 */
export async function relayFailure(
  failure: GatewayError,
  stream: AnswerStream,
  { request, reply }: StreamTarget,
): Promise<void> {
  const { audit } = request;
  audit?.recordError(failure);
  await audit
    ?.commit(toWireError(failure, request).status)
    .catch((late) => request.log.warn({ err: late, requestId: request.id }, "audit row late"));
  new SseResponse(reply, () => {}).end(stream.fail(failure));
}
