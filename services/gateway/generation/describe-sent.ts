import type { FastifyReply } from "fastify";
import { patternIdsOf } from "../guardrails/finding";
import { setOptionalHeader } from "../plugins/optional-header";
import { droppedParamsHeader } from "./dropped-params-header";
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
