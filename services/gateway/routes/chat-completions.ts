import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { modelNotAllowed, noDeployment, unknownModel } from "../errors";
import { budgetsOf } from "../ledger/budgets-of-request";
import type { Ledger } from "../ledger/ledger";
import { reserveForRequest } from "../ledger/reserve-for-request";
import { allowedModels, type Caller, callerOf } from "../plugins/auth";
import { relayJson } from "../relay/relay-json";
import { relayStream } from "../relay/relay-stream";
import type { Deployment, ModelCatalog } from "../routing/deployment";
import { type DeploymentGroup, findGroup } from "../routing/find-group";
import { mayUseModel } from "../routing/visible-models";
import type { AnthropicRequest } from "../translate/openai-to-anthropic/anthropic-types";
import { translateRequest } from "../translate/openai-to-anthropic/request";
import type { InFlight } from "../upstream/in-flight";
import { type FailoverTools, openWithFailover } from "../upstream/open-with-failover";
import { routingHeaders } from "./routing-headers";

/** The envelope only; messages and parameters are looked at by the translation, which names what it refuses. */
const chatCompletionBody = z.looseObject({
  model: z
    .string("must be the name of a model")
    .min(1, "must be the name of a model")
    .max(500, "is too long"),
  messages: z
    .array(z.looseObject({ role: z.string("must be text") }), "must be a list of messages")
    .min(1, "must hold at least one message")
    .max(100_000, "holds too many messages"),
  stream: z.boolean("must be true or false").nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean("must be true or false").nullish() }).nullish(),
  user: z.string("must be text").nullish(),
  safety_identifier: z.string("must be text").nullish(),
});

type ChatCompletionBody = z.output<typeof chatCompletionBody>;

/** What the route needs. */
export interface ChatCompletionsOptions {
  readonly catalog: ModelCatalog;
  readonly ledger: Ledger;
  readonly failover: FailoverTools;
  readonly inFlight: InFlight;
}

/** `POST /v1/chat/completions`, JSON and server-sent events. */
export const chatCompletions: FastifyPluginAsync<ChatCompletionsOptions> = async (
  app,
  { catalog, ledger, failover, inFlight },
) => {
  /** Puts aside what the message can cost. @returns what may be sent */
  const spend = async (
    request: FastifyRequest<{ Body: ChatCompletionBody }>,
    group: DeploymentGroup,
    message: AnthropicRequest,
  ): Promise<AnthropicRequest> => {
    const { audit, body } = request;
    if (audit === undefined) return message;
    const caller = callerOf(request);
    const allowances = caller.kind === "key" ? caller.allowances : [];
    const { endUser, startedAt } = audit;
    const { maxEndUserBudgetNano } = catalog;
    return reserveForRequest(ledger, audit, {
      budgets: budgetsOf({ allowances, endUser, maxEndUserBudgetNano }, startedAt),
      model: body.model,
      message,
      prices: group.map(({ prices }) => prices),
    });
  };

  const answer = async (request: FastifyRequest<{ Body: ChatCompletionBody }>, reply: FastifyReply) => {
    const { body, audit } = request;
    const isStream = body.stream === true;
    audit?.recordRequest(
      body.model,
      isStream,
      readEndUser(request.headers) ?? body.user ?? body.safety_identifier,
    );

    audit?.recordMetadata(body["metadata"]);

    const group = selectGroup(catalog, callerOf(request), body.model);
    const { mayDropParams, routing: settings } = catalog;
    const translate = ({ upstreamModel, maxOutputTokens }: Deployment) =>
      translateRequest(body, { upstreamModel, maxOutputTokens, mayDropParams });
    const first = translate(group[0]);
    const signal = inFlight.track(reply.raw);
    const { max_tokens: maxTokens } = await spend(request, group, first.request);
    if (maxTokens < first.request.max_tokens) reply.header("x-gateway-max-tokens", maxTokens);
    signal.throwIfAborted();
    const events = await openWithFailover(failover, {
      group,
      settings,
      signal,
      prepare: (deployment) => {
        const { request: message, droppedParams } = deployment === group[0] ? first : translate(deployment);
        reply.removeHeader("x-gateway-dropped-params");
        if (droppedParams.length > 0) reply.header("x-gateway-dropped-params", droppedParams.join(", "));
        // What was reserved holds for whichever deployment answers.
        return maxTokens < message.max_tokens ? { ...message, max_tokens: maxTokens } : message;
      },
      onAttempt: (deployment, attempts, message) => {
        audit?.recordDeployment(deployment, attempts, message.max_tokens);
        audit?.recordSent();
        reply.headers(routingHeaders(deployment, attempts));
      },
      onFailedMessage: (message) => audit?.recordMessage(message),
    });
    const identity = {
      id: `chatcmpl-${request.id}`,
      created: Math.floor(Date.now() / 1000),
      model: body.model,
    };
    if (!isStream) return relayJson(events, identity, audit);
    await relayStream(events, identity, {
      request,
      reply,
      signal,
      includeUsage: body.stream_options?.include_usage === true,
    });
    return reply;
  };

  for (const path of ["/v1/chat/completions", "/chat/completions"]) {
    app.post<{ Body: ChatCompletionBody }>(
      path,
      {
        config: { isAudited: true, isLimited: true, isGeneration: true },
        schema: { body: chatCompletionBody },
      },
      answer,
    );
  }
};

/** The caller's customer, by LiteLLM's headers. */
function readEndUser(headers: FastifyRequest["headers"]): string | undefined {
  for (const name of ["x-litellm-end-user-id", "x-litellm-customer-id"]) {
    const value = headers[name];
    if (typeof value === "string" && value !== "") return value;
  }
  return undefined;
}

/** @throws GatewayError when the caller may not use the model, or nothing serves it */
function selectGroup(catalog: ModelCatalog, caller: Caller, model: string): DeploymentGroup {
  const allowed = allowedModels(caller);
  if (!mayUseModel(allowed, model)) throw modelNotAllowed(model, allowed);
  const group = findGroup(catalog, model);
  if (group === "unknown-model") throw unknownModel(model);
  if (group === "none-available") throw noDeployment(model);
  return group;
}
