import type { IncomingHttpHeaders } from "node:http";
import type { BilledMessage } from "../audit/attempt-bills";
import { allowFields, droppedWhenEnforced } from "../enforcement/enforce";
import { allowBetas, type EnforcementPolicy } from "../enforcement/policy";
import { type SealedBody, seal } from "../enforcement/seal";
import { GatewayError } from "../errors/gateway-error";
import { applyScreening, type Screening } from "../guardrails/screening";
import { isObject, TranslationError } from "../json/client-value";
import type { JsonObject } from "../json/json-value";
import {
  affordableTokens,
  boundCost,
  LEAST_ANSWER_TOKENS,
  LEAST_THINKING_TOKENS,
  measureRequest,
  type RequestSize,
} from "../money/ledger/cost-bound";
import type { Deployment, DeploymentGroup } from "../providers/deployment";
import type { MessagesRequest, MessagesTarget } from "../wire/internal/request";
import { BILLED_BYTES_PER_TOKEN, estimateInput, NO_USAGE, type TokenUsage } from "../wire/internal/usage";
import { hasThinking, joinLists } from "../wire/shared/conversation";
import { findCapabilities } from "../wire/shared/model-capabilities";
import type { ValueMemory } from "./read-request";
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
  readonly native: NativeHeaders;
  /** Whether a provider refused what the model thought in earlier turns. @default false */
  readonly isThinkingRefused?: boolean;
}

/** A request in the form that a deployment takes, screened. The answer is as long as was asked for. */
interface TranslatedMessage<Plan> {
  readonly unshortened: MessagesRequest;
  readonly droppedParams: readonly string[];
  readonly plan: Plan;
  /** Ids of patterns whose matches were masked. */
  readonly maskedPatterns: readonly string[];
}

/** A request as it is sent to one deployment. */
export interface PreparedMessage<Plan> extends TranslatedMessage<Plan> {
  /** With the fields that are sent, and without the key's prompt. */
  readonly request: MessagesRequest;
  readonly sealed: SealedBody;
  /** The `max_tokens` that the answer was cut to. `undefined`: it is as long as was asked for. */
  readonly shortenedTo: number | undefined;
}

/** The deployments that are asked, and what the first of them is sent. */
interface FirstMessage<Plan> {
  readonly group: DeploymentGroup;
  readonly first: PreparedMessage<Plan>;
}

/**
 * Writes a request for the first deployment that can be sent it: one may fetch images that another does not. Those before it
 * are left out.
 * @throws TranslationError of the first deployment when none can; GatewayError
 */
export function prepareFirst<Plan extends AnswerPlan>(
  context: GenerationRequest<Plan>,
  group: DeploymentGroup,
): FirstMessage<Plan> {
  let refusal: TranslationError | undefined;
  for (const [index, deployment] of group.entries()) {
    const first = prepare(context, deployment);
    if (first instanceof TranslationError) refusal ??= first;
    else return { first, group: index === 0 ? group : [deployment, ...group.slice(index + 1)] };
  }
  throw refusal as TranslationError;
}

/** What an attempt may use at most. */
interface AttemptBounds {
  /** Most output tokens that were reserved. */
  readonly maxTokens: number;
  /** What is left of the reservation, in nano-USD. `undefined`: no budget pays. */
  readonly leftNano: number | undefined;
}

/**
 * A request as it is sent to a deployment: the bytes that go out cost no more, at that deployment's prices, than what is left
 * of the reservation. The answer is made shorter where it has to be.
 * @returns `undefined` when the deployment cannot be sent it, or when what is left does not pay for it
 * @throws GatewayError
 */
export function prepareAttempt<Plan extends AnswerPlan>(
  context: GenerationRequest<Plan>,
  deployment: Deployment,
  { maxTokens, leftNano }: AttemptBounds,
): PreparedMessage<Plan> | undefined {
  const message = prepare(context, deployment, maxTokens);
  if (message instanceof TranslationError) return undefined;
  if (leftNano === undefined) return message;
  const { prices } = deployment;
  const size = sizeOf(message, windowTokensOf(deployment));
  if (prices === undefined || size === undefined) return undefined;
  if (boundCost(size, [prices]).fullNano <= leftNano) return message;
  const tokens = affordableTokens(size, [prices], leftNano);
  if (tokens < Math.min(size.maxTokens, size.leastTokens ?? 1)) return undefined;
  const shorter = shortenMessage(context, deployment, message, tokens);
  const shorterSize = sizeOf(shorter, windowTokensOf(deployment));
  return shorterSize !== undefined && boundCost(shorterSize, [prices]).fullNano <= leftNano
    ? shorter
    : undefined;
}

/** @returns the error when the deployment cannot be sent the request @throws GatewayError */
function prepare<Plan extends AnswerPlan>(
  context: GenerationRequest<Plan>,
  deployment: Deployment,
  maxTokens?: number,
): PreparedMessage<Plan> | TranslationError {
  try {
    return prepareMessage(context, deployment, maxTokens);
  } catch (error) {
    if (error instanceof TranslationError) return error;
    throw error;
  }
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
  { api, body, policy, screening, mayDropParams, native, ...context }: GenerationRequest<Plan>,
  deployment: Deployment,
): TranslatedMessage<Plan> {
  const { values, isThinkingRefused } = context;
  const texts = values?.openAllowance();
  const target = { ...toTarget(deployment, mayDropParams), isThinkingRefused, texts };
  const translated = api.toMessages(body, target);
  if (texts !== undefined) values?.bookTexts(texts);
  const { request: unshortened, maskedPatterns } = applyScreening(translated.request, screening);
  const droppedParams = allDropped(translated, policy, native);
  return { unshortened, droppedParams, plan: translated.plan, maskedPatterns };
}

function sealMessage<Plan extends AnswerPlan>(
  { bodyBytes, policy, native }: GenerationRequest<Plan>,
  deployment: Deployment,
  { unshortened, droppedParams, plan, maskedPatterns }: TranslatedMessage<Plan>,
  maxTokens: number,
): PreparedMessage<Plan> {
  const message = shortenAnswer(unshortened, maxTokens);
  const betas = betasOf(native.headers);
  const sealed = seal(message, policy, { api: apiOf(deployment), betas, expectedBytes: bodyBytes });
  // What is not sent is not paid for either.
  const request = allowFields(message, policy.blocks.length > 0);
  const shortenedTo = message === unshortened ? undefined : message.max_tokens;
  return { unshortened, request, sealed, droppedParams, plan, maskedPatterns, shortenedTo };
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

/** @returns `undefined` when nothing bounds what the message costs */
function sizeOf(
  { request, sealed }: PreparedMessage<unknown>,
  windowTokens: number,
): RequestSize | undefined {
  const size = measureRequest(request, sealed.byteLength, windowTokens);
  return "param" in size ? undefined : size;
}

/** The longest prompt that a deployment takes, in tokens. */
export function windowTokensOf({ maxInputTokens, baseModel, upstreamModel }: Deployment): number {
  return maxInputTokens ?? findCapabilities(baseModel ?? upstreamModel).maxInputTokens;
}

/** A message as its bill sees it. */
export function toBilledMessage(message: PreparedMessage<unknown>): BilledMessage {
  return { maxTokens: message.request.max_tokens, estimatePrompt: () => estimatePrompt(message) };
}

/**
 * The prompt of a message whose provider does not count it, rather too high than too low. Where a part of it is to be
 * cached, all of it counts as written to the cache: how much was read from there nobody knows.
 */
export function estimatePrompt(message: PreparedMessage<unknown>): TokenUsage {
  const { request, sealed } = message;
  // PDFs are estimated by their bytes: what they may have at most would be the whole window.
  const size = sizeOf(message, 0);
  const withTools =
    size === undefined ? 0 : Math.ceil(size.bytes / BILLED_BYTES_PER_TOKEN) + (size.addedTokens ?? 0);
  const tokens = Math.max(estimateInput(request, sealed.byteLength), withTools);
  const isUsOnly = request["inference_geo"] === "us";
  if (!sealed.bytes.includes(CACHE_MARK)) return { ...NO_USAGE, inputTokens: tokens, isUsOnly };
  const cacheWrite1hTokens = size?.hasLongCache === false ? 0 : tokens;
  return { ...NO_USAGE, cacheWriteTokens: tokens, cacheWrite1hTokens, isUsOnly };
}

/** Never within a text: quotes are escaped there. */
const CACHE_MARK = '"cache_control":';
