import fp from "fastify-plugin";

/** How long a browser may keep what it was allowed, in seconds. */
const MAX_AGE_SECONDS = 600;
const METHODS = "GET, POST, OPTIONS";
/** Beside those that pages may read anyway. */
const EXPOSED_HEADERS = "*";

/**
 * Lets pages of the configured origins call the gateway. Keys go in headers that a page must set itself, so nothing is sent
 * along without its doing, and credentials of the browser are never allowed. Without origins it does nothing.
 */
export const cors = fp<{ origins: readonly string[] }>(
  async (app, { origins }) => {
    if (origins.length === 0) return;
    const isForAll = origins.includes("*");

    app.addHook("onRequest", (request, reply, done) => {
      const { origin, "access-control-request-method": asked } = request.headers;
      if (!isForAll) reply.header("vary", "origin");
      if (origin === undefined || !(isForAll || origins.includes(origin))) {
        done();
        return;
      }
      reply.header("access-control-allow-origin", isForAll ? "*" : origin);
      if (request.method !== "OPTIONS" || asked === undefined) {
        reply.header("access-control-expose-headers", EXPOSED_HEADERS);
        done();
        return;
      }
      reply.header("access-control-allow-methods", METHODS);
      const headers = request.headers["access-control-request-headers"];
      if (headers !== undefined) reply.header("access-control-allow-headers", headers);
      reply.header("access-control-max-age", MAX_AGE_SECONDS);
      void reply.code(204).send();
    });
  },
  { name: "cors", dependencies: ["request-id"] },
);
