import type { FastifyPluginAsync } from "fastify";
import { generate } from "../generation/generate";
import type { GenerationTools } from "../generation/generation-tools";
import type { AnswerPlan, WireApi } from "../generation/wire-api";
import { chatCompletions, messages, responses } from "../generation/wire-apis";
import { type BodyLimit, leaveBodiesAlone } from "./leave-bodies-alone";

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
