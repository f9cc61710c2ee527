import { createHash, randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  LogController,
} from "fastify";
import { AnthropicError, invalid, missingKey, notFound } from "./anthropic-error";
import { composeAnswer, countInputTokens } from "./compose-answer";
import { toEvents, toMessage } from "./message-events";
import { parseCountRequest, parseMessageRequest } from "./message-request";

/** Settings of the simulated provider. */
export interface SimulatedProviderSettings {
  readonly logger: FastifyBaseLogger;
  /** Pause between two pieces of a stream, so that it looks like one. @default 15 ms */
  readonly paceMs?: number;
}

const MODELS = ["claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001", "claude-opus-4-8"];
const BODY_LIMIT = 32 * 1024 * 1024;

/**
 * Speaks the Anthropic Messages API, so that everything around a provider can be tried without one. Its answers
 * say that they are simulated. It takes any model name and any key, and never leaves the machine.
 */
export function buildApp({ logger, paceMs = 15 }: SimulatedProviderSettings): FastifyInstance {
  const app: FastifyInstance = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => `req_simulated_${randomUUID()}`,
    bodyLimit: BODY_LIMIT,
    // A stop does not wait for streams: nothing is lost here.
    forceCloseConnections: true,
    exposeHeadRoutes: false,
  });

  app.setErrorHandler(async (error, request, reply) => {
    const known = toAnthropicError(error);
    if (known.status >= 500) request.log.error({ err: error }, "internal error");
    return reply.code(known.status).send(known.toBody(request.id));
  });
  app.setNotFoundHandler(async (request) => {
    throw notFound(`${request.method} ${request.url.split("?", 1)[0]}`);
  });
  app.addHook("onRequest", async (request, reply) => {
    reply.header("request-id", request.id);
    if (request.is404) return;
    if (!request.headers["x-api-key"]) throw missingKey();
  });

  app.post("/v1/messages", async (request, reply) => {
    const body = parseMessageRequest(request.body);
    if (!request.headers["anthropic-version"]) throw invalid("anthropic-version: header is required");
    const answer = composeAnswer(body);
    const id = `msg_simulated_${createHash("sha256").update(JSON.stringify(body)).digest("hex").slice(0, 16)}`;
    if (body.stream !== true) return toMessage(id, body.model, answer);
    await sendStream(reply, toEvents(id, body.model, answer), paceMs);
    return reply;
  });
  app.post("/v1/messages/count_tokens", async (request) => ({
    input_tokens: countInputTokens(parseCountRequest(request.body)),
  }));
  app.get("/v1/models", async () => ({
    data: MODELS.map((id) => ({
      type: "model",
      id,
      display_name: `${id} (simulated)`,
      created_at: "2025-01-01T00:00:00Z",
    })),
    has_more: false,
    first_id: MODELS[0],
    last_id: MODELS.at(-1),
  }));
  return app;
}

async function sendStream(
  reply: FastifyReply,
  events: readonly { type: string }[],
  paceMs: number,
): Promise<void> {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    "request-id": String(reply.getHeader("request-id")),
  });
  for (const event of events) {
    if (raw.destroyed) return;
    raw.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    if (event.type === "content_block_delta" && paceMs > 0) await wait(paceMs);
  }
  raw.end();
}

function toAnthropicError(error: unknown): AnthropicError {
  if (error instanceof AnthropicError) return error;
  const { statusCode, message } = error as { statusCode?: number; message: string };
  if (statusCode === 413) return new AnthropicError(413, "request_too_large", message);
  if (statusCode !== undefined && statusCode < 500) return invalid(message);
  return new AnthropicError(500, "api_error", "Internal error.");
}
