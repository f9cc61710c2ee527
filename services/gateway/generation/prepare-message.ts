import { allowFields, droppedWhenEnforced } from "../enforcement/allow-fields";
import type { EnforcementPolicy } from "../enforcement/policy";
import { type SealedBody, seal } from "../enforcement/seal";
import { applyScreening } from "../guardrails/apply-screening";
import type { Finding } from "../guardrails/finding";
import type { Screening } from "../guardrails/screening";
import type { JsonObject } from "../json/json-value";
import { shortenAnswer } from "../ledger/shorten-answer";
import type { MessagesRequest, MessagesTarget } from "../messages/request";
import type { Deployment } from "../routing/deployment";
import { joinLists } from "../translate/to-messages/join-lists";
import { betasOf, type NativeHeaders } from "./native-headers";
import type { ValueMemory } from "./value-memory";
import type { AnswerPlan, TranslatedRequest, WireApi } from "./wire-api";

/** A client's request, and what decides how it is written for a deployment. */
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

/** A request as it is sent to one deployment. */
export interface PreparedMessage<Plan> {
  /** With the fields that are sent, and without the key's rules. */
  readonly request: MessagesRequest;
  readonly sealed: SealedBody;
  readonly droppedParams: readonly string[];
  readonly plan: Plan;
  /** Matches that were masked. */
  readonly findings: readonly Finding[];
  /** The `max_tokens` that the answer was cut to. `undefined`: it is as long as was asked for. */
  readonly shortenedTo?: number | undefined;
}

/**
 * Writes a request for a deployment: translated, screened, with the key's working rules, as bytes. The rules are the
 * organisation's own and are not screened.
 * @param maxTokens what was put aside for the answer, in tokens. @default - what the request asks for
 * @throws TranslationError, GatewayError for what cannot be sent
 */
export function prepareMessage<Plan extends AnswerPlan>(
  asked: GenerationRequest<Plan>,
  deployment: Deployment,
  maxTokens?: number,
): PreparedMessage<Plan> {
  const { api, body, bodyBytes, policy, screening, nativeHeaders } = asked;
  const texts = asked.values?.openAllowance();
  const target = {
    ...toTarget(deployment, asked.mayDropParams),
    isThinkingRefused: asked.isThinkingRefused,
    texts,
  };
  const translated = api.toMessages(body, target);
  if (texts !== undefined) asked.values?.bookTexts(texts);
  const screened = applyScreening(translated.request, screening);
  const request = maxTokens === undefined ? screened.request : shortenAnswer(screened.request, maxTokens);
  const betas = betasOf(nativeHeaders.headers);
  const sealed = seal(request, policy, { api: target.api, betas, expectedBytes: bodyBytes });
  const droppedParams = allDropped(translated, policy, nativeHeaders);
  // What is not sent is not paid for either.
  const sent = allowFields(request, policy.blocks.length > 0);
  const shortenedTo = request === screened.request ? undefined : request.max_tokens;
  return {
    request: sent,
    sealed,
    droppedParams,
    plan: translated.plan,
    findings: screened.findings,
    shortenedTo,
  };
}

/** Names of everything of a client's request that is not sent. */
export function allDropped(
  { request, droppedParams }: Pick<TranslatedRequest<unknown>, "request" | "droppedParams">,
  { blocks }: EnforcementPolicy,
  native: NativeHeaders,
): readonly string[] {
  const byRules = blocks.length > 0 ? droppedWhenEnforced(request) : [];
  return joinLists(joinLists(droppedParams, byRules), native.droppedParams);
}

/** What translations need to know of a deployment. */
export function toTarget(
  { upstreamModel, baseModel, maxOutputTokens, access }: Deployment,
  mayDropParams: boolean,
): MessagesTarget {
  const api = access.provider === "anthropic" ? "anthropic" : (`bedrock-${access.api}` as const);
  return { upstreamModel, baseModel, maxOutputTokens, api, mayDropParams };
}
