import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import fp from "fastify-plugin";
import { type GatewayError, methodNotAllowed, routeNotFound } from "../errors";
import { toGatewayError } from "../to-gateway-error";
import { setRetryHeaders } from "./retry-headers";
import { toWireError } from "./wire-error";

/** What the plugin needs. */
export interface ErrorRepliesOptions {
  /** Told of every error that is answered. @param reason its code, or its type where the code is the status; their number is known */
  readonly onError: (reason: string) => void;
}

/** Every error in the words that its caller understands, and 404 and 405 for what no route answers. */
export const errorReplies = fp<ErrorRepliesOptions>(
  async (app, { onError }) => {
    const methodsOf = collectMethods(app);

    app.setErrorHandler(async (error, request, reply) => {
      const known = toGatewayError(error, request.id);
      if (known.status === 500) request.log.error({ err: error, requestId: request.id }, "internal error");
      onError(/^\d+$/.test(known.code) ? known.type : known.code);
      request.audit?.recordError(known);
      setRetryHeaders(reply, known);
      const { status, body } = toWireError(known, request);
      return reply.code(status).send(body);
    });

    // Before anything of a body is read: whoever has no route here has no business with the memory either.
    app.addHook("onRequest", (request, reply, done) => {
      if (request.is404) throw refuseUnknown(request, reply);
      done();
    });

    function refuseUnknown(request: FastifyRequest, reply: FastifyReply): GatewayError {
      const path = request.url.split("?", 1)[0] ?? "";
      const allowed = methodsOf(withPlainSlashes(path));
      if (allowed.length === 0) return routeNotFound(request.method, path);
      reply.header("allow", allowed.join(", "));
      return methodNotAllowed(request.method, allowed);
    }
  },
  { name: "error-replies", dependencies: ["request-id"] },
);

/** A path as the router takes it: neither repeated slashes nor one at the end make another one of it. */
function withPlainSlashes(path: string): string {
  return path.replace(/\/{2,}/g, "/").replace(/(?<=.)\/$/, "");
}

/** Remembers the routes. @returns path → methods that it answers */
function collectMethods(app: FastifyInstance): (path: string) => string[] {
  const routes: { pattern: RegExp; methods: string[] }[] = [];
  app.addHook("onRoute", ({ url, method }) => {
    const pattern = url
      .split("/")
      .map((part) => (part.startsWith(":") ? "[^/]+" : part.replace(/[^\w-]/g, "\\$&")))
      .join("/");
    routes.push({ pattern: new RegExp(`^${pattern}$`), methods: [method].flat() });
  });
  return (path) => [
    ...new Set(routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods)),
  ];
}
