import type { FastifyReply, FastifyRequest } from "fastify";
import { GatewayError } from "../errors";
import { relayFailure } from "../relay/relay-failure";
import { relayJson } from "../relay/relay-json";
import { relayStream } from "../relay/relay-stream";
import type { GenerationTools } from "./generation-tools";
import { openAnswer } from "./open-answer";
import { bytesOf } from "./read-request";
import type { AnswerPlan, WireApi } from "./wire-api";

/** One request for an answer of a model, from its body to the last byte: the same for every wire API. */
export async function generate<Plan extends AnswerPlan>(
  api: WireApi<Plan>,
  tools: GenerationTools,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  await tools.largeBodies.turn(bytesOf(request).length);
  // What opening needs, the conversation above all, is not kept for as long as the answer takes.
  const { source, isStream, identity, plan, maxTokens } = await openAnswer(api, tools, request, reply);
  request.bodyRoom?.release();
  if (source instanceof GatewayError) {
    await relayFailure(source, api.createStream(identity, plan), { request, reply });
    return reply;
  }
  if (!isStream) return api.toAnswer(await relayJson(source, request.audit, maxTokens), identity, plan);
  await relayStream(source, api.createStream(identity, plan), { request, reply }, maxTokens);
  return reply;
}
