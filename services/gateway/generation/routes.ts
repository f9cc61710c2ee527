import type { IncomingHttpHeaders } from "node:http";
import type { FastifyInstance, FastifyPluginAsync } from "fastify";
import { requireAudit } from "../audit/plugin";
import { GatewayError } from "../errors/gateway-error";
import { type CountingDependencies, count } from "./count-tokens";
import type { GenerationDependencies } from "./dependencies";
import { generate } from "./pipeline";
import { type AnswerPlan, chatCompletions, messages, responses, type WireApi } from "./wire-api";

/** `POST /v1/chat/completions`, `/v1/messages` and `/v1/responses`, and the same without `/v1`. */
export const generation: FastifyPluginAsync<GenerationDependencies & BodyLimit> = async (
  app,
  dependencies,
) => {
  useRawJsonBody(app);
  const serve = <Plan extends AnswerPlan>(api: WireApi<Plan>) => {
    for (const path of api.paths) {
      app.post(
        path,
        {
          bodyLimit: dependencies.maxBodyBytes,
          config: { isAudited: true, modelAccess: "generate", toError: api.toError },
        },
        (request, reply) => generate(api, dependencies, requireAudit(request), reply),
      );
    }
  };
  serve(chatCompletions);
  serve(messages);
  serve(responses);
};

/** `POST /v1/messages/count_tokens`, and the same without `/v1`: what a request to `/v1/messages` would have as its input. */
export const countTokens: FastifyPluginAsync<CountingDependencies & BodyLimit> = async (
  app,
  dependencies,
) => {
  useRawJsonBody(app);
  // Counted tokens are not used ones, and asking for them is free.
  for (const path of messages.paths) {
    const config = { isAudited: true, modelAccess: "count", toError: messages.toError } as const;
    app.post(`${path}/count_tokens`, { bodyLimit: dependencies.maxBodyBytes, config }, (request, reply) =>
      count(dependencies, requireAudit(request), reply),
    );
  }
};

/** What routes that take whole conversations need besides. */
interface BodyLimit {
  /** Largest body, in bytes. */
  readonly maxBodyBytes: number;
}

/** Hands JSON bodies to the handlers of `app` as bytes, so that they are parsed only once. Bodies that would have to be decoded first are refused. */
function useRawJsonBody(app: FastifyInstance): void {
  app.addHook("onRequest", ({ headers }, _reply, done) => {
    requirePlainText(headers);
    done();
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", (request, payload, done) =>
    request.receiveBody(payload, done),
  );
}

/** Names of UTF-8, and of the part of it that is the same in most encodings. */
const UTF_8: ReadonlySet<string> = new Set(["utf-8", "utf8", "us-ascii"]);
const CHARSET = /;\s*charset\s*=\s*"?([^\s;"]*)/gi;

/**
 * Refuses bodies that are compressed or not in UTF-8. Another reader who goes by the headers would otherwise read something
 * else in the same bytes.
 * @throws GatewayError 415
 */
export function requirePlainText(headers: IncomingHttpHeaders): void {
  const coding = headers["content-encoding"]?.trim().toLowerCase();
  if (coding !== undefined && coding !== "" && coding !== "identity") {
    throw unsupported("content-encoding", "send the body uncompressed, without content-encoding");
  }
  for (const [, charset = ""] of headers["content-type"]?.matchAll(CHARSET) ?? []) {
    if (!UTF_8.has(charset.toLowerCase()))
      throw unsupported("content-type", "send the body in UTF-8, as application/json");
  }
}

const unsupported = (header: string, remedy: string) =>
  new GatewayError(415, "invalid_request_error", `${header} is not supported; ${remedy}.`, {
    code: "unsupported_media_type",
    param: header,
  });
