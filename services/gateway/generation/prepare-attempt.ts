import type { BilledMessage } from "../audit/attempt-bills";
import { TranslationError } from "../json/client-value";
import { affordableTokens, boundCost, measureRequest, type RequestSize } from "../money/ledger/cost-bound";
import type { Deployment } from "../providers/deployment";
import type { DeploymentGroup } from "../providers/model-groups";
import { BILLED_BYTES_PER_TOKEN, estimateInput, NO_USAGE, type TokenUsage } from "../wire/internal/usage";
import { findCapabilities } from "../wire/shared/model-capabilities";
import {
  type GenerationRequest,
  type PreparedMessage,
  prepareMessage,
  shortenMessage,
} from "./prepare-message";
import type { AnswerPlan } from "./wire-api";

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
