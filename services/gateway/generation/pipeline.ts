import type { FastifyReply, FastifyRequest } from "fastify";
import type { AuditedRequest } from "../audit/plugin";
import { GatewayError } from "../errors/gateway-error";
import { describeAnswer, describeSent, routingHeaders } from "../http/response-headers";
import type { DeploymentGroup } from "../providers/deployment";
import { Failover } from "../providers/failover";
import type { RunningAnswer } from "../providers/in-flight";
import { MessageSource } from "../providers/message-source";
import type { AnswerIdentity } from "../wire/shared/answer-stream";
import { type Authorization, authorize } from "./authorize";
import type { GenerationDependencies } from "./dependencies";
import {
  type GenerationRequest,
  NO_NATIVE_HEADERS,
  nativeHeaders,
  type PreparedMessage,
  prepareAttempt,
  prepareFirst,
  refusesThinking,
  shortenMessage,
  thinksFirst,
  toBilledMessage,
} from "./prepare";
import { type ReadRequest, readRequest } from "./read-request";
import { relayJson } from "./relay/json";
import { relayFailure, relayStream } from "./relay/stream";
import { reserve } from "./reserve";
import type { AnswerPlan, WireApi } from "./wire-api";

/**
 * One request for an answer of a model, the same for every wire API: read → authorize → prepare → reserve → open → relay →
 * settle.
 */
export async function generate<Plan extends AnswerPlan>(
  api: WireApi<Plan>,
  dependencies: GenerationDependencies,
  request: AuditedRequest,
  reply: FastifyReply,
): Promise<unknown> {
  // A function of its own: what opening needs, the conversation above all, is not kept for as long as the answer takes.
  const answer = await openAnswer(api, dependencies, request, reply);
  request.bodyRoom?.release();
  return relay(api, answer, request, reply);
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
  dependencies: GenerationDependencies,
  request: AuditedRequest,
  reply: FastifyReply,
): Promise<OpenAnswer<Plan>> {
  const read = await readRequest(request, dependencies.largeBodies, true);
  const authorized = authorize(dependencies, request, reply, read.model);
  const context = createContext(api, dependencies, request, read, authorized);
  const { first, group } = prepareFirst(context, authorized.group);
  await request.reserveTokens(read.bodyBytes, first.request.max_tokens);
  const running = dependencies.inFlight.track(reply.raw);
  const maxTokens = await reserve(dependencies, request, group, first);
  running.throwIfAborted();
  const { source, sent } = await openWithoutRefusedThinking(
    dependencies,
    { ...context, request, reply, isStream: read.isStream, group, running, maxTokens },
    { sent: first, attempts: 0 },
  );
  if (source instanceof GatewayError) {
    if (!read.isStream || api.isToldInStream?.(source) !== true) throw source;
  } else {
    request.audit.recordMessage(source.progress);
    describeAnswer(reply, source.progress.messageId);
  }
  return {
    source,
    isStream: read.isStream,
    identity: { id: api.idOf(request.id), created: Math.floor(Date.now() / 1000), model: read.model },
    plan: sent.plan,
    maxTokens: sent.request.max_tokens,
  };
}

/** What a request is written from, for whichever deployment. */
function createContext<Plan extends AnswerPlan>(
  api: WireApi<Plan>,
  { catalog }: GenerationDependencies,
  { headers }: FastifyRequest,
  { body, bodyBytes, values }: ReadRequest,
  { policy, screening }: Authorization,
): GenerationRequest<Plan> {
  const { mayDropParams } = catalog;
  const native = api.isNative === true ? nativeHeaders(headers, policy.blocks.length > 0) : NO_NATIVE_HEADERS;
  return { api, body, bodyBytes, values, policy, screening, mayDropParams, native };
}

/** A request that is paid for, and whom it may be sent to. Nothing of it changes any more. */
interface PaidRequest<Plan extends AnswerPlan> extends GenerationRequest<Plan> {
  readonly request: AuditedRequest;
  readonly reply: FastifyReply;
  readonly isStream: boolean;
  readonly group: DeploymentGroup;
  readonly running: RunningAnswer;
  /** Most output tokens that any attempt may ask for. */
  readonly maxTokens: number;
}

/** How far a request has come. */
interface Progress<Plan> {
  /** What was sent last, or will be first. */
  readonly sent: PreparedMessage<Plan>;
  /** Deployments that were asked. */
  readonly attempts: number;
}

/** What came of asking. */
interface Outcome<Plan> extends Progress<Plan> {
  /** An error when no deployment gave content. */
  readonly source: MessageSource | GatewayError;
}

/** Asks once more without the thinking of earlier turns where a provider refuses that. */
async function openWithoutRefusedThinking<Plan extends AnswerPlan>(
  dependencies: GenerationDependencies,
  context: PaidRequest<Plan>,
  start: Progress<Plan>,
): Promise<Outcome<Plan>> {
  const outcome = await open(dependencies, context, start);
  // A client of Anthropic's API keeps its thinking itself, and goes by the provider's words.
  if (context.api.isNative === true || !refusesThinking(outcome.source, outcome.sent.request)) return outcome;
  return open(dependencies, { ...context, isThinkingRefused: true }, outcome);
}

/** Asks deployments until one gives content. @throws what is no failure of a provider */
async function open<Plan extends AnswerPlan>(
  dependencies: GenerationDependencies,
  context: PaidRequest<Plan>,
  start: Progress<Plan>,
): Promise<Outcome<Plan>> {
  const { request, reply, group, isStream, running, maxTokens } = context;
  const { audit } = request;
  const failover = new Failover(dependencies.failover, {
    requestId: request.id,
    group,
    settings: dependencies.catalog.routing,
    isStream,
    running,
  });
  let { sent, attempts } = start;
  for await (const deployment of failover.candidates()) {
    const message =
      attempts === 0 && deployment === group[0]
        ? shortenMessage(context, deployment, start.sent, maxTokens)
        : prepareAttempt(context, deployment, { maxTokens, leftNano: audit.leftNanoUsd });
    if (message === undefined) continue;
    sent = message;
    describeSent(reply, sent);
    const headers = routingHeaders(deployment, attempts + 1);
    const attempt = failover.admit(deployment, {
      body: sent.sealed,
      nativeHeaders: context.native.headers,
      isThinking: thinksFirst(sent.request, deployment),
    });
    if (attempt === undefined) continue;
    attempts += 1;
    audit.recordDeployment(deployment, attempts, toBilledMessage(sent));
    audit.recordSent();
    reply.headers(headers);
    const opened = await failover.open(attempt);
    if (opened instanceof MessageSource) return { source: opened, sent, attempts };
    audit.recordMessage(opened.progress);
    const { finalError } = opened;
    if (finalError instanceof GatewayError) return { source: finalError, sent, attempts };
    if (finalError !== undefined) throw finalError;
  }
  return { source: failover.error(), sent, attempts };
}

/** Passes an answer on. Its row is committed, and the reservation settled with it, before the client has all of the answer. */
async function relay<Plan extends AnswerPlan>(
  api: WireApi<Plan>,
  { source, isStream, identity, plan, maxTokens }: OpenAnswer<Plan>,
  request: AuditedRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const { audit } = request;
  if (source instanceof GatewayError)
    await relayFailure(source, api.createStream(identity, plan), request, reply);
  // The audit plugin commits the row when it is sent.
  else if (!isStream) return api.toAnswer(await relayJson(source, audit, maxTokens), identity, plan);
  else await relayStream(source, api.createStream(identity, plan), request, reply, maxTokens);
  return reply;
}
