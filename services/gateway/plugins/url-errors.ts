import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { invalidRequest } from "../errors";
import { toWireError } from "./wire-error";

/** A path that no router can read, such as `/v1/%zz`: the framework answers it before there is a route, a hook or an error handler. */
export function answerUrlError(_error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const { status, body } = toWireError(invalidRequest("The path of the request cannot be read."), request);
  void reply.code(status).header("x-request-id", request.id).send(body);
}
