import type { FastifyInstance } from "fastify";

/** Bodies of JSON reach the handlers of `app` as bytes: they are read once, by whoever handles them, and not by a parser before. */
export function leaveBodiesAlone(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) =>
    done(null, body),
  );
}
