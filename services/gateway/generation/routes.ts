import type { IncomingHttpHeaders } from "node:http";
import type { FastifyInstance, FastifyPluginAsync } from "fastify";
import { GatewayError } from "../errors/gateway-error";
import { type CountTools, count } from "./count-tokens";
import type { GenerationTools } from "./dependencies";
import { generate } from "./pipeline";
import { type AnswerPlan, chatCompletions, messages, responses, type WireApi } from "./wire-api";

/** `POST /v1/chat/completions`, `/v1/messages` and `/v1/responses`, and the same without `/v1`. */
export const generation: FastifyPluginAsync<GenerationTools & BodyLimit> = async (app, tools) => {
  leaveBodiesAlone(app);
  const serve = <Plan extends AnswerPlan>(api: WireApi<Plan>) => {
    for (const path of api.paths) {
      app.post(
        path,
        {
          bodyLimit: tools.maxBodyBytes,
          config: { isAudited: true, isLimited: true, isGeneration: true, toError: api.toError },
        },
        (request, reply) => generate(api, tools, request, reply),
      );
    }
  };
  serve(chatCompletions);
  serve(messages);
  serve(responses);
};

/** `POST /v1/messages/count_tokens`, and the same without `/v1`: what a request to `/v1/messages` would have as its input. */
export const countTokens: FastifyPluginAsync<CountTools & BodyLimit> = async (app, tools) => {
  leaveBodiesAlone(app);
  // Counted tokens are not used ones, and asking for them is free.
  for (const path of messages.paths) {
    const config = {
      isAudited: true,
      isLimited: "counting",
      isGeneration: true,
      toError: messages.toError,
    } as const;
    app.post(`${path}/count_tokens`, { bodyLimit: tools.maxBodyBytes, config }, (request, reply) =>
      count(tools, request, reply),
    );
  }
};

/** What routes that take whole conversations need beside their tools. */
interface BodyLimit {
  /** Of one body, in bytes. */
  readonly maxBodyBytes: number;
}

/** Bodies of JSON reach the handlers of `app` as bytes: they are read once, by whoever handles them, and not by a parser before. What would need to be decoded first is refused. */
function leaveBodiesAlone(app: FastifyInstance): void {
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
 * Holds a body to be what its bytes say: not compressed, and in UTF-8. Another reader who goes by the headers would
 * otherwise read something else in the same bytes.
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
