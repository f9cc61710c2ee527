import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { invalidRequest } from "../errors";
import { toWireError } from "./wire-error";

/**
 * A path that no router can read, such as `/v1/%zz`: the framework answers it before there is a route, a hook or an error handler.
 * @returns the error's type
 */
export function answerUrlError(_error: FastifyError, request: FastifyRequest, reply: FastifyReply): string {
  const refusal = invalidRequest("The path of the request cannot be read.");
  const { status, body } = toWireError(refusal, request);
  void reply.code(status).header("x-request-id", request.id).send(body);
  return refusal.type;
}
