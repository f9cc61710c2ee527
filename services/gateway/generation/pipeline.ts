import type { FastifyReply, FastifyRequest } from "fastify";
import { GatewayError } from "../errors/gateway-error";
import { openWithFailover } from "../providers/failover";
import type { MessageSource } from "../providers/message-source";
import type { AnswerIdentity } from "../wire/shared/answer-stream";
import { screeningOf } from "./authorize";
import type { GenerationTools } from "./dependencies";
import { prepareAttempt, prepareFirst, toBilledMessage } from "./prepare-attempt";
import {
  type GenerationRequest,
  NO_NATIVE_HEADERS,
  nativeHeaders,
  refusesThinking,
  thinksFirst,
} from "./prepare-message";
import { bytesOf, readRequest } from "./read-request";
import { relayJson } from "./relay/json";
import { relayFailure, relayStream } from "./relay/stream";
import { reserveOfRequest } from "./reserve";
import { describeAnswer, describeSent, routingHeaders } from "./response-headers";
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

/** An answer that has begun. */
interface OpenAnswer<Plan> {
  /** An error where the answer is a stream that only tells of it. */
  readonly source: MessageSource | GatewayError;
  readonly isStream: boolean;
  readonly identity: AnswerIdentity;
  readonly plan: Plan;
  /** Most output tokens that the provider was asked for. */
  readonly maxTokens: number;
}

/**
 * One request up to the first content of its answer.
 * @throws GatewayError, TranslationError for everything that goes wrong until then
 */
async function openAnswer<Plan extends AnswerPlan>(
  api: WireApi<Plan>,
  tools: GenerationTools,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<OpenAnswer<Plan>> {
  const { catalog, failover, inFlight } = tools;
  const { audit } = request;
  const { caller, policy, ...read } = readRequest(tools, request, reply, true);
  const { body, bodyBytes, values, model, isStream } = read;
  let asked: GenerationRequest<Plan> = {
    api,
    body,
    bodyBytes,
    values,
    policy,
    screening: screeningOf(caller, tools.guardrails),
    mayDropParams: catalog.mayDropParams,
    nativeHeaders:
      api.isNative === true ? nativeHeaders(request.headers, policy.blocks.length > 0) : NO_NATIVE_HEADERS,
  };
  const { first, group } = prepareFirst(asked, read.group);
  await request.countTokens?.(bodyBytes, first.request.max_tokens);
  const running = inFlight.track(reply.raw);
  const maxTokens = await reserveOfRequest(tools, request, group, first);
  running.throwIfAborted();

  let sent = first;
  let attempts = 0;
  const ask = (earlierAttempts: number) =>
    openWithFailover(failover, {
      requestId: request.id,
      group,
      settings: catalog.routing,
      isStream,
      running,
      prepare: (deployment) => {
        // An attempt before this one may have used a part of what was put aside.
        const isFirst = attempts === 0 && deployment === group[0] && maxTokens === undefined;
        // What was reserved holds for whichever deployment answers, and for all that are asked together.
        const message = isFirst
          ? first
          : prepareAttempt(asked, deployment, { maxTokens, leftNano: audit?.leftNanoUsd });
        if (message === undefined) return undefined;
        sent = message;
        describeSent(reply, sent);
        const isThinking = thinksFirst(sent.request, deployment);
        return { body: sent.sealed, nativeHeaders: asked.nativeHeaders.headers, isThinking };
      },
      onAttempt: (deployment, count) => {
        attempts = earlierAttempts + count;
        audit?.recordDeployment(deployment, attempts, toBilledMessage(sent));
        audit?.recordSent();
        reply.headers(routingHeaders(deployment, attempts));
      },
      onFailed: (progress) => audit?.recordMessage(progress),
    });
  const source = await ask(0)
    .catch((error: unknown) => {
      // A client of Anthropic's API keeps its thinking itself, and goes by the provider's words.
      if (api.isNative === true || !refusesThinking(error, sent.request)) throw error;
      asked = { ...asked, isThinkingRefused: true };
      return ask(attempts);
    })
    .catch((error: unknown) => {
      if (isStream && error instanceof GatewayError && api.isToldInStream?.(error) === true) return error;
      throw error;
    });

  if (!(source instanceof GatewayError)) {
    audit?.recordMessage(source.progress);
    describeAnswer(reply, source.progress.messageId);
  }
  const identity = { id: api.idOf(request.id), created: Math.floor(Date.now() / 1000), model };
  return { source, isStream, identity, plan: sent.plan, maxTokens: sent.request.max_tokens };
}
