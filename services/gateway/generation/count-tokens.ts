import type { FastifyReply } from "fastify";
import type { AuditedRequest } from "../audit/plugin";
import { seal } from "../enforcement/seal";
import { applyScreening } from "../guardrails/screening";
import { droppedParamsHeader } from "../http/response-headers";
import { countTokens } from "../providers/anthropic";
import type { Deployment, DeploymentGroup, ProviderAccess } from "../providers/deployment";
import type { DeploymentHealth } from "../providers/health";
import { estimateInput } from "../wire/internal/usage";
import { toCountedMessages } from "../wire/messages/to-messages";
import { authorize } from "./authorize";
import type { GenerationDependencies } from "./dependencies";
import { allDropped, nativeHeaders, toTarget } from "./prepare";
import { readRequest } from "./read-request";

/** What counting needs of the process. */
export type CountingDependencies = Omit<GenerationDependencies, "ledger">;

/** An answer of `/v1/messages/count_tokens`. */
export interface TokenCount {
  readonly input_tokens: number;
}

/**
 * How many input tokens a request has as it would be sent: translated, with the enforced prompt of its key. Anthropic counts;
 * for a model that only Bedrock serves it is an estimate, and says so in a header.
 * @throws TranslationError, GatewayError
 */
export async function count(
  dependencies: CountingDependencies,
  request: AuditedRequest,
  reply: FastifyReply,
): Promise<TokenCount> {
  const { catalog, failover, inFlight } = dependencies;
  const { body, bodyBytes, model } = await readRequest(request, dependencies.largeBodies, false);
  const { group, policy, screening } = authorize(dependencies, request, reply, model);
  const counting = findCounting(group, failover.health);
  const deployment = counting?.deployment ?? group[0];
  const counted = toCountedMessages(body, toTarget(deployment, catalog.mayDropParams));
  const native = nativeHeaders(request.headers, policy.blocks.length > 0);
  const dropped = allDropped(counted, policy, native);
  if (dropped.length > 0) reply.header("x-gateway-dropped-params", droppedParamsHeader(dropped));
  const { request: message } = applyScreening(counted.request, screening);
  const sealed = seal(message, policy, { api: "count-tokens", expectedBytes: bodyBytes });
  if (counting === undefined) {
    reply.header("x-gateway-estimated", "true");
    return { input_tokens: estimateInput(message, sealed.byteLength) };
  }
  // Counting is free, also where nobody knows what answers cost.
  request.audit.recordDeployment({ ...deployment, prices: FREE }, 1, undefined);
  request.audit.recordSent();
  const { apiKey } = counting.access;
  const outgoing = { deployment, apiKey, body: sealed, nativeHeaders: native.headers };
  return { input_tokens: await countTokens(failover.client, outgoing, inFlight.track(reply.raw)) };
}

const FREE = { inputPicoUsd: 0, outputPicoUsd: 0, cacheReadPicoUsd: 0, cacheWritePicoUsd: 0 };

/** A deployment that counts. */
interface Counting {
  readonly deployment: Deployment;
  readonly access: Extract<ProviderAccess, { provider: "anthropic" }>;
}

/** The first deployment with Anthropic that is not cooling down, or else the first: there is nowhere else to ask. */
function findCounting(group: DeploymentGroup, health: DeploymentHealth): Counting | undefined {
  const candidates = group.flatMap((deployment) => {
    const { access } = deployment;
    return access.provider === "anthropic" ? [{ deployment, access }] : [];
  });
  return candidates.find(({ deployment }) => health.cooling(deployment) === undefined) ?? candidates[0];
}
