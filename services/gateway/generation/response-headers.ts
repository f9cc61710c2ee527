import type { FastifyReply } from "fastify";
import { patternIdsOf } from "../guardrails/find";
import { setOptionalHeader } from "../http/response-headers";
import type { Deployment } from "../providers/deployment";
import type { PreparedMessage } from "./prepare-message";
import type { AnswerPlan } from "./wire-api";

/** Tells the client what of its request is sent otherwise, in place of what was told of an earlier attempt. */
export function describeSent(
  reply: Pick<FastifyReply, "header" | "removeHeader">,
  { findings, droppedParams, plan, shortenedTo }: PreparedMessage<AnswerPlan>,
): void {
  const { degradations = [] } = plan;
  const isMasked = findings.length > 0;
  const isDropped = droppedParams.length > 0;
  const isDegraded = degradations.length > 0;
  setOptionalHeader(reply, "x-gateway-masked", isMasked ? patternIdsOf(findings).join(", ") : undefined);
  setOptionalHeader(
    reply,
    "x-gateway-dropped-params",
    isDropped ? droppedParamsHeader(droppedParams) : undefined,
  );
  setOptionalHeader(
    reply,
    "x-gateway-max-tokens",
    shortenedTo === undefined ? undefined : String(shortenedTo),
  );
  setOptionalHeader(reply, "x-gateway-degraded", isDegraded ? degradations.join(", ") : undefined);
}

/** An id that a header can hold, and that nobody mistakes for something else. */
const SAFE_ID = /^[\w.:-]{1,128}$/;

/** Tells the client by which id the provider knows the answer. */
export function describeAnswer(reply: Pick<FastifyReply, "header">, messageId: string | null): void {
  if (messageId !== null && SAFE_ID.test(messageId)) reply.header("x-gateway-upstream-id", messageId);
}

/** Names in the header, at most; clients' own servers and proxies accept headers of a few KiB. */
const MAX_NAMES = 20;
const MAX_NAME_LENGTH = 64;

/**
 * Value of `x-gateway-dropped-params`. The names come from the client: what a header cannot hold is encoded, and neither
 * long nor many names make it long.
 */
export function droppedParamsHeader(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).map(toHeaderText);
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(", ")}, and ${more} more` : shown.join(", ");
}

function toHeaderText(name: string): string {
  // Cut first, too, so that little is encoded; half a character has no encoding.
  const start = name.slice(0, MAX_NAME_LENGTH + 1).replace(/\p{Cs}/gu, "\ufffd");
  const text = /^[\w.[\]-]*$/.test(start) ? start : encodeURIComponent(start);
  return text.length <= MAX_NAME_LENGTH ? text : `${text.slice(0, MAX_NAME_LENGTH).replace(/%.?$/, "")}...`;
}

/** LiteLLM's headers about who answered. @param attempts deployments asked, this one included */
export function routingHeaders({ id, modelName }: Deployment, attempts: number): Record<string, string> {
  return {
    // Names are free text of the configuration; a header is not.
    "x-litellm-model-id": encodeURI(id),
    "x-litellm-model-group": encodeURI(modelName),
    "x-litellm-attempted-retries": String(attempts - 1),
  };
}
