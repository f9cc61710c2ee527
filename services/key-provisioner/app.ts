import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import { openAiErrorBody } from "../shared/error-body";

/** Everything outside the process that the key-provisioner talks to. */
export interface KeyProvisionerDependencies {
  readonly logger: FastifyBaseLogger;
  /** Whether the gateway says that it is ready; time-limited and cached by whoever gives it. */
  readonly isGatewayReady: () => Promise<boolean>;
}

/** The key-provisioner without its process. It answers health only until keys are handed out. */
export function buildApp(deps: KeyProvisionerDependencies): FastifyInstance {
  const app: FastifyInstance = Fastify({
    loggerInstance: deps.logger,
    logController: new LogController({ disableRequestLogging: true }),
    exposeHeadRoutes: false,
    bodyLimit: 64 * 1024,
  });

  app.setErrorHandler(async (error: { statusCode?: number; message: string }, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) request.log.error({ err: error }, "internal error");
    const message = status >= 500 ? "Internal error." : error.message;
    return reply
      .code(status)
      .send(
        openAiErrorBody(message, status >= 500 ? "server_error" : "invalid_request_error", String(status)),
      );
  });
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split("?", 1)[0] ?? "";
    return reply
      .code(404)
      .send(openAiErrorBody(`Unknown route: ${request.method} ${path}`, "invalid_request_error", "404"));
  });

  // Says whether the service is of use; `/health/live` says whether the process is alive.
  app.get("/health", async (_request, reply) => {
    const isReady = await deps.isGatewayReady();
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? "ok" : "degraded", litellm: isReady });
  });
  app.get("/health/live", async () => ({ status: "ok" }));
  return app;
}
