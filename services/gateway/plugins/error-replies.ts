import type { FastifyInstance } from "fastify";
import fp from "fastify-plugin";
import { type GatewayError, methodNotAllowed, routeNotFound } from "../errors";
import type { WireError } from "../generation/wire-api";
import { toGatewayError } from "../to-gateway-error";

declare module "fastify" {
  interface FastifyContextConfig {
    /** How the route's wire API says an error. @default - as OpenAI's */
    toError?: (error: GatewayError, requestId: string) => WireError;
  }
}

/** Every error in the words of its route's wire API, OpenAI's where there is none, and 404 and 405 for what no route answers. */
export const errorReplies = fp(
  async (app) => {
    const methodsOf = collectMethods(app);

    app.setErrorHandler(async (error, request, reply) => {
      const known = toGatewayError(error, request.id);
      if (known.status === 500) request.log.error({ err: error, requestId: request.id }, "internal error");
      request.audit?.recordError(known);
      if (known.retryAfterSeconds !== undefined) reply.header("retry-after", known.retryAfterSeconds);
      const { toError = asOpenAi } = request.routeOptions.config;
      const { status, body } = toError(known, request.id);
      return reply.code(status).send(body);
    });

    app.setNotFoundHandler(async (request, reply) => {
      const path = request.url.split("?", 1)[0] ?? "";
      const allowed = methodsOf(path);
      if (allowed.length === 0) throw routeNotFound(request.method, path);
      reply.header("allow", allowed.join(", "));
      throw methodNotAllowed(request.method, allowed);
    });
  },
  { name: "error-replies", dependencies: ["request-id"] },
);

const asOpenAi = (error: GatewayError): WireError => ({ status: error.status, body: error.toBody() });

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
