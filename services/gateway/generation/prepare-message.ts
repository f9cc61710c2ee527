import type { IncomingHttpHeaders } from "node:http";
import { allowFields, droppedWhenEnforced } from "../enforcement/enforce";
import { allowBetas, type EnforcementPolicy } from "../enforcement/policy";
import { type SealedBody, seal } from "../enforcement/seal";
import { GatewayError } from "../errors/gateway-error";
import type { Finding } from "../guardrails/find";
import { applyScreening, type Screening } from "../guardrails/screening";
import { isObject } from "../json/client-value";
import type { JsonObject } from "../json/json-value";
import { LEAST_ANSWER_TOKENS, LEAST_THINKING_TOKENS } from "../money/ledger/cost-bound";
import type { Deployment } from "../providers/deployment";
import type { MessagesRequest, MessagesTarget } from "../wire/internal/request";
import { hasThinking, joinLists } from "../wire/shared/conversation";
import { findCapabilities } from "../wire/shared/model-capabilities";
import type { ValueMemory } from "./body-memory";
import type { AnswerPlan, TranslatedRequest, WireApi } from "./wire-api";

/** A client's request, and what decides how it is written for a deployment. Nothing of it changes. */
export interface GenerationRequest<Plan extends AnswerPlan> {
  readonly api: WireApi<Plan>;
  readonly body: JsonObject;
  /** Bytes of the body. */
  readonly bodyBytes: number;
  /** Memory for what is read of it. @default - not counted */
  readonly values?: ValueMemory;
  readonly policy: EnforcementPolicy;
  /** `undefined`: texts are not looked at. */
  readonly screening: Screening | undefined;
  readonly mayDropParams: boolean;
  readonly nativeHeaders: NativeHeaders;
  /** Whether a provider refused what the model thought in earlier turns. @default false */
  readonly isThinkingRefused?: boolean;
}

/** A request in the form that a deployment takes, screened. The answer is as long as was asked for. */
interface TranslatedMessage<Plan> {
  readonly unshortened: MessagesRequest;
  readonly droppedParams: readonly string[];
  readonly plan: Plan;
  /** Matches that were masked. */
  readonly findings: readonly Finding[];
}

/** A request as it is sent to one deployment. */
export interface PreparedMessage<Plan> extends TranslatedMessage<Plan> {
  /** With the fields that are sent, and without the key's prompt. */
  readonly request: MessagesRequest;
  readonly sealed: SealedBody;
  /** The `max_tokens` that the answer was cut to. `undefined`: it is as long as was asked for. */
  readonly shortenedTo: number | undefined;
}

/**
 * Writes a request for a deployment: translated, screened, with the key's prompt, as bytes. The prompt is the
 * organisation's own and is not screened.
 * @param maxTokens most that the answer may have
 * @throws TranslationError, GatewayError for what cannot be sent
 */
export function prepareMessage<Plan extends AnswerPlan>(
  context: GenerationRequest<Plan>,
  deployment: Deployment,
  maxTokens = Number.POSITIVE_INFINITY,
): PreparedMessage<Plan> {
  return sealMessage(context, deployment, translateMessage(context, deployment), maxTokens);
}

/** The same message with an answer of at most `maxTokens`, sealed anew where that makes a difference. */
export function shortenMessage<Plan extends AnswerPlan>(
  context: GenerationRequest<Plan>,
  deployment: Deployment,
  message: PreparedMessage<Plan>,
  maxTokens: number,
): PreparedMessage<Plan> {
  return maxTokens >= message.request.max_tokens
    ? message
    : sealMessage(context, deployment, message, maxTokens);
}

function translateMessage<Plan extends AnswerPlan>(
  { api, body, policy, screening, mayDropParams, nativeHeaders, ...context }: GenerationRequest<Plan>,
  deployment: Deployment,
): TranslatedMessage<Plan> {
  const { values, isThinkingRefused } = context;
  const texts = values?.openAllowance();
  const target = { ...toTarget(deployment, mayDropParams), isThinkingRefused, texts };
  const translated = api.toMessages(body, target);
  if (texts !== undefined) values?.bookTexts(texts);
  const { request: unshortened, findings } = applyScreening(translated.request, screening);
  const droppedParams = allDropped(translated, policy, nativeHeaders);
  return { unshortened, droppedParams, plan: translated.plan, findings };
}

function sealMessage<Plan extends AnswerPlan>(
  { bodyBytes, policy, nativeHeaders }: GenerationRequest<Plan>,
  deployment: Deployment,
  { unshortened, droppedParams, plan, findings }: TranslatedMessage<Plan>,
  maxTokens: number,
): PreparedMessage<Plan> {
  const message = shortenAnswer(unshortened, maxTokens);
  const betas = betasOf(nativeHeaders.headers);
  const sealed = seal(message, policy, { api: apiOf(deployment), betas, expectedBytes: bodyBytes });
  // What is not sent is not paid for either.
  const request = allowFields(message, policy.blocks.length > 0);
  const shortenedTo = message === unshortened ? undefined : message.max_tokens;
  return { unshortened, request, sealed, droppedParams, plan, findings, shortenedTo };
}

/** Names of everything of a client's request that is not sent. */
export function allDropped(
  { request, droppedParams }: Pick<TranslatedRequest<unknown>, "request" | "droppedParams">,
  { blocks }: EnforcementPolicy,
  native: NativeHeaders,
): readonly string[] {
  const byPolicy = blocks.length > 0 ? droppedWhenEnforced(request) : [];
  return joinLists(joinLists(droppedParams, byPolicy), native.droppedParams);
}

/** What translations need to know of a deployment. */
export function toTarget(deployment: Deployment, mayDropParams: boolean): MessagesTarget {
  const { upstreamModel, baseModel, maxOutputTokens } = deployment;
  return { upstreamModel, baseModel, maxOutputTokens, api: apiOf(deployment), mayDropParams };
}

function apiOf({ access }: Deployment): MessagesTarget["api"] {
  return access.provider === "anthropic" ? "anthropic" : `bedrock-${access.api}`;
}

/** Headers by which a client of Anthropic's API says which form of it it speaks. */
const NATIVE_HEADERS = ["anthropic-version", "anthropic-beta"] as const;
const MAX_HEADER_LENGTH = 2000;

/** What of a native client's headers goes to the provider. */
interface NativeHeaders {
  readonly headers: Readonly<Record<string, string>>;
  /** Features that are left out, as `anthropic-beta.<name>`. */
  readonly droppedParams: readonly string[];
}

/** For clients of other APIs. */
export const NO_NATIVE_HEADERS: NativeHeaders = { headers: {}, droppedParams: [] };

/**
 * What of a native client's headers goes to the provider: it gets its own version of the API, not the gateway's.
 * @param isEnforced whether the key has an enforced prompt: then only features that leave it alone are passed on
 */
export function nativeHeaders(headers: IncomingHttpHeaders, isEnforced: boolean): NativeHeaders {
  let found: Record<string, string> | undefined;
  for (const name of NATIVE_HEADERS) {
    const value = headers[name];
    if (typeof value !== "string" || value === "" || value.length > MAX_HEADER_LENGTH) continue;
    found ??= {};
    found[name] = value;
  }
  if (found === undefined) return NO_NATIVE_HEADERS;
  return isEnforced ? withoutBetas(found) : { headers: found, droppedParams: [] };
}

function withoutBetas(headers: Readonly<Record<string, string>>): NativeHeaders {
  const { kept, dropped } = allowBetas(betasOf(headers));
  if (dropped.length === 0) return { headers, droppedParams: [] };
  const { "anthropic-beta": _all, ...others } = headers;
  return {
    headers: kept.length === 0 ? others : { ...others, "anthropic-beta": kept.join(",") },
    droppedParams: dropped.map((name) => `anthropic-beta.${name}`),
  };
}

/** The features that `anthropic-beta` names. */
export function betasOf(headers: Readonly<Record<string, string>>): readonly string[] {
  return (headers["anthropic-beta"] ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

/**
 * How a provider says that thinking of earlier turns is not valid where it stands: another model made it, or what stands
 * before it has changed since, such as an enforced prompt that was edited or the tools of this turn.
 */
const SAYS_THINKING = /thinking|signature/i;

/** Whether a provider refused a request for what the model thought in earlier turns, so that it may be asked without. */
export function refusesThinking(error: unknown, { messages }: MessagesRequest): boolean {
  return (
    error instanceof GatewayError &&
    error.status === 400 &&
    SAYS_THINKING.test(error.message) &&
    messages.some(hasThinking)
  );
}

/** Whether the model of a deployment is to think before it answers a request, which takes its time. */
export function thinksFirst(
  { thinking }: MessagesRequest,
  { baseModel, upstreamModel }: Pick<Deployment, "baseModel" | "upstreamModel">,
): boolean {
  return isObject(thinking)
    ? thinking["type"] !== "disabled"
    : findCapabilities(baseModel ?? upstreamModel).thinksByDefault;
}

/**
 * The request with a lower `max_tokens`, and with less thinking where that would not fit any more: a provider refuses
 * a thinking budget that is not below `max_tokens`. One that was not below it before is left as it is.
 */
export function shortenAnswer<Message extends { readonly max_tokens: number; readonly thinking?: unknown }>(
  message: Message,
  maxTokens: number,
): Message {
  if (maxTokens >= message.max_tokens) return message;
  const shortened = { ...message, max_tokens: maxTokens };
  const thinking = message.thinking as { budget_tokens?: unknown } | null | undefined;
  const budget = thinking?.budget_tokens;
  if (typeof budget !== "number" || budget < maxTokens || budget >= message.max_tokens) return shortened;
  const fitting = Math.max(LEAST_THINKING_TOKENS, maxTokens - LEAST_ANSWER_TOKENS);
  return { ...shortened, thinking: { ...thinking, budget_tokens: fitting } };
}
