import fp from "fastify-plugin";

/**
 * Gives every request an id of our own (the audit row has the same), and writes one log line when it ends.
 * An id sent by the client is not taken over: it could repeat, and rows are kept once for each id.
 */
export const requestId = fp(
  async (app) => {
    app.addHook("onRequest", (request, reply, done) => {
      reply.header("x-request-id", request.id);
      reply.header("x-litellm-call-id", request.id);
      // The name by which Anthropic's clients know it.
      if (request.headers["anthropic-version"] !== undefined) reply.header("request-id", request.id);
      done();
    });

    app.addHook("onResponse", (request, reply, done) => {
      // The route's pattern, not the URL: a query may hold a key.
      const route = request.routeOptions.url ?? "unknown";
      // A request for a model has an audit row; a line besides would cost as much as all the rest of the gateway.
      // Monitoring asks public routes all day, which is of no interest either.
      const { modelAccess, isPublic } = request.routeOptions.config;
      const isRoutine = isPublic === true || (modelAccess !== undefined && reply.statusCode < 500);
      const level = isRoutine ? "debug" : "info";
      request.log[level](
        {
          requestId: request.id,
          method: request.method,
          route,
          status: reply.statusCode,
          durationMs: Math.round(reply.elapsedTime),
        },
        "request",
      );
      done();
    });
  },
  { name: "request-id" },
);
