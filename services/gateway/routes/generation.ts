import type { FastifyPluginAsync } from "fastify";
import { type GenerationTools, generate } from "../generation/generate";
import { requirePlainText } from "../generation/require-plain-text";
import type { WireApi } from "../generation/wire-api";
import { chatCompletions, messages, responses } from "../generation/wire-apis";

/** `POST /v1/chat/completions`, `/v1/messages` and `/v1/responses`, and the same without `/v1`. */
export const generation: FastifyPluginAsync<GenerationTools> = async (app, tools) => {
  app.addHook("onRequest", ({ headers }, _reply, done) => {
    requirePlainText(headers);
    done();
  });
  // Bodies are read by the pipeline, once, and not by a parser before it.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) =>
    done(null, body),
  );

  const serve = <Plan>(api: WireApi<Plan>) => {
    for (const path of api.paths) {
      app.post(
        path,
        { config: { isAudited: true, isLimited: true, isGeneration: true, toError: api.toError } },
        (request, reply) => generate(api, tools, request, reply),
      );
    }
  };
  serve(chatCompletions);
  serve(messages);
  serve(responses);
};
