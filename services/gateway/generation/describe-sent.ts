import type { FastifyReply } from "fastify";
import { patternIdsOf } from "../guardrails/finding";
import { droppedParamsHeader } from "./dropped-params-header";
import type { PreparedMessage } from "./prepare-message";
import type { AnswerPlan } from "./wire-api";

/** Tells the client what of its request is sent otherwise, in place of what was told of an earlier attempt. */
export function describeSent(
  reply: Pick<FastifyReply, "header" | "removeHeader">,
  { findings, droppedParams, plan }: PreparedMessage<AnswerPlan>,
): void {
  set(reply, "x-gateway-masked", findings.length === 0 ? "" : patternIdsOf(findings).join(", "));
  set(
    reply,
    "x-gateway-dropped-params",
    droppedParams.length === 0 ? "" : droppedParamsHeader(droppedParams),
  );
  set(reply, "x-gateway-degraded", plan.degradations?.join(", ") ?? "");
}

/** An id that a header can hold, and that nobody mistakes for something else. */
const SAFE_ID = /^[\w.:-]{1,128}$/;

/** Tells the client by which id the provider knows the answer. */
export function describeAnswer(reply: Pick<FastifyReply, "header">, messageId: string | null): void {
  if (messageId !== null && SAFE_ID.test(messageId)) reply.header("x-gateway-upstream-id", messageId);
}

function set(reply: Pick<FastifyReply, "header" | "removeHeader">, name: string, value: string): void {
  if (value === "") reply.removeHeader(name);
  else reply.header(name, value);
}
