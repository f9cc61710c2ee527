import type { FastifyPluginAsync } from "fastify";
import { type CountTools, count } from "../generation/count";
import { messages } from "../generation/wire-apis";
import { type BodyLimit, leaveBodiesAlone } from "./leave-bodies-alone";

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
