import type { FastifyInstance } from "fastify";
import { requirePlainText } from "../generation/require-plain-text";

/** What routes that take whole conversations need beside their tools. */
export interface BodyLimit {
  /** Of one body, in bytes. */
  readonly maxBodyBytes: number;
}

/** Bodies of JSON reach the handlers of `app` as bytes: they are read once, by whoever handles them, and not by a parser before. What would need to be decoded first is refused. */
export function leaveBodiesAlone(app: FastifyInstance): void {
  app.addHook("onRequest", ({ headers }, _reply, done) => {
    requirePlainText(headers);
    done();
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", (request, payload, done) =>
    request.receiveBody(payload, done),
  );
}
