import type { FastifyReply, FastifyRequest } from "fastify";
import type { LevelSource } from "../enforcement/levels";
import type { PromptSource } from "../enforcement/prompt";
import { GatewayError } from "../errors";
import { budgetsOf } from "../ledger/budgets-of-request";
import type { Ledger } from "../ledger/ledger";
import { reserveForRequest } from "../ledger/reserve-for-request";
import { callerOf } from "../plugins/auth";
import { relayFailure } from "../relay/relay-failure";
import { relayJson } from "../relay/relay-json";
import { relayStream } from "../relay/relay-stream";
import { routingHeaders } from "../routes/routing-headers";
import type { ModelCatalog } from "../routing/deployment";
import type { DeploymentGroup } from "../routing/find-group";
import type { AnswerIdentity } from "../translate/answer-identity";
import type { InFlight } from "../upstream/in-flight";
import type { MessageSource } from "../upstream/message-source";
import { type FailoverTools, openWithFailover } from "../upstream/open-with-failover";
import { describeAnswer, describeSent } from "./describe-sent";
import { NO_NATIVE_HEADERS, nativeHeaders } from "./native-headers";
import { policyOf } from "./policy-of-caller";
import { prepareFirst, prepareOther } from "./prepare-first";
import type { GenerationRequest, PreparedMessage } from "./prepare-message";
import { readEnvelope } from "./read-envelope";
import { refusesThinking } from "./refuses-thinking";
import { type Guardrails, screeningOf } from "./screening-of-caller";
import { selectGroup } from "./select-group";
import type { AnswerPlan, WireApi } from "./wire-api";

/** What generating needs of the process. */
export interface GenerationTools {
  readonly catalog: ModelCatalog;
  readonly ledger: Ledger;
  readonly failover: FailoverTools;
  readonly inFlight: InFlight;
  readonly levels: LevelSource;
  readonly prompts: PromptSource;
  readonly guardrails: Guardrails;
}

/** One request for an answer of a model, from its body to the last byte: the same for every wire API. */
export async function generate<Plan extends AnswerPlan>(
  api: WireApi<Plan>,
  tools: GenerationTools,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  // What opening needs, the conversation above all, is not kept for as long as the answer takes.
  const { source, isStream, identity, plan } = await open(api, tools, request, reply);
  if (source instanceof GatewayError) {
    await relayFailure(source, api.createStream(identity, plan), { request, reply });
    return reply;
  }
  if (!isStream) return api.toAnswer(await relayJson(source, request.audit), identity, plan);
  await relayStream(source, api.createStream(identity, plan), { request, reply });
  return reply;
}

/** An answer that has begun. */
interface OpenAnswer<Plan> {
  /** An error where the answer is a stream that only tells of it. */
  readonly source: MessageSource | GatewayError;
  readonly isStream: boolean;
  readonly identity: AnswerIdentity;
  readonly plan: Plan;
}

/** Everything up to the first content of the answer. */
async function open<Plan extends AnswerPlan>(
  api: WireApi<Plan>,
  tools: GenerationTools,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<OpenAnswer<Plan>> {
  const { catalog, failover, inFlight } = tools;
  const { audit } = request;
  const { body, bodyBytes, model, isStream, endUser } = readEnvelope(request.body as Buffer, request.headers);
  request.body = undefined;
  audit?.recordRequest(model, isStream, endUser);
  audit?.recordMetadata(body["metadata"]);

  const caller = callerOf(request);
  const all = selectGroup(catalog, caller, model);
  const policy = policyOf(caller, tools);
  audit?.recordPolicy(policy.level, policy.blocks[0]?.sha256 ?? null);
  if (policy.promptId !== null) reply.header("x-enforced-prompt", policy.promptId);

  let asked: GenerationRequest<Plan> = {
    api,
    body,
    bodyBytes,
    policy,
    screening: screeningOf(caller, tools.guardrails),
    mayDropParams: catalog.mayDropParams,
    nativeHeaders:
      api.isNative === true ? nativeHeaders(request.headers, policy.blocks.length > 0) : NO_NATIVE_HEADERS,
  };
  const { first, group } = prepareFirst(asked, all);
  const running = inFlight.track(reply.raw);
  const maxTokens = await reserve(tools, request, group, first);
  if (maxTokens !== undefined) reply.header("x-gateway-max-tokens", maxTokens);
  running.throwIfAborted();

  let sent = first;
  let attempts = 0;
  const ask = (earlierAttempts: number) =>
    openWithFailover(failover, {
      group,
      settings: catalog.routing,
      running,
      prepare: (deployment) => {
        // What was reserved holds for whichever deployment answers.
        const message =
          deployment === group[0] && maxTokens === undefined && asked.isThinkingRefused !== true
            ? first
            : prepareOther(asked, deployment, maxTokens);
        if (message === undefined) return undefined;
        sent = message;
        describeSent(reply, sent);
        return { body: sent.sealed, nativeHeaders: asked.nativeHeaders.headers };
      },
      onAttempt: (deployment, count) => {
        attempts = earlierAttempts + count;
        audit?.recordDeployment(deployment, attempts, sent.request.max_tokens);
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

  if (!(source instanceof GatewayError)) describeAnswer(reply, source.progress.messageId);
  const identity = { id: api.idOf(request.id), created: Math.floor(Date.now() / 1000), model };
  return { source, isStream, identity, plan: sent.plan };
}

/**
 * Puts aside what the answer can cost. @returns a lower `max_tokens`, where only less is to be had
 * @throws GatewayError 402, 429
 */
async function reserve<Plan extends AnswerPlan>(
  { ledger, catalog }: GenerationTools,
  request: FastifyRequest,
  group: DeploymentGroup,
  { request: message, sealed }: PreparedMessage<Plan>,
): Promise<number | undefined> {
  const { audit } = request;
  if (audit === undefined) return undefined;
  const caller = callerOf(request);
  const allowances = caller.kind === "key" ? caller.allowances : [];
  const { endUser, startedAt } = audit;
  const { maxEndUserBudgetNano } = catalog;
  const affordable = await reserveForRequest(ledger, audit, {
    budgets: budgetsOf({ allowances, endUser, maxEndUserBudgetNano }, startedAt),
    model: audit.modelRequested ?? message.model,
    message,
    bytes: sealed.byteLength,
    prices: group.map(({ prices }) => prices),
  });
  return affordable.max_tokens < message.max_tokens ? affordable.max_tokens : undefined;
}
