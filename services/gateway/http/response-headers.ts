import type { FastifyReply } from "fastify";
import fp from "fastify-plugin";
import { nanoUsdToUsd } from "../../shared/nano-usd";
import type { Allowance } from "../identity/allowances";

/** Sets a header, or takes back what an earlier attempt or error had said in it. */
export function setOptionalHeader(
  reply: Pick<FastifyReply, "header" | "removeHeader">,
  name: string,
  value: string | undefined,
): void {
  if (value === undefined) reply.removeHeader(name);
  else reply.header(name, value);
}

/** What of a client's request is sent otherwise. */
interface SentMessage {
  /** Ids of patterns whose matches were masked. */
  readonly maskedPatterns: readonly string[];
  readonly droppedParams: readonly string[];
  readonly plan: { readonly degradations?: readonly string[] };
  /** The `max_tokens` that the answer was cut to. */
  readonly shortenedTo: number | undefined;
}

/** Tells the client what of its request is sent otherwise, in place of what was told of an earlier attempt. */
export function describeSent(
  reply: Pick<FastifyReply, "header" | "removeHeader">,
  { maskedPatterns, droppedParams, plan, shortenedTo }: SentMessage,
): void {
  setOptionalHeader(reply, "x-gateway-masked", listed(maskedPatterns));
  const dropped = droppedParams.length > 0 ? droppedParamsHeader(droppedParams) : undefined;
  setOptionalHeader(reply, "x-gateway-dropped-params", dropped);
  setOptionalHeader(reply, "x-gateway-max-tokens", shortenedTo?.toString());
  setOptionalHeader(reply, "x-gateway-degraded", listed(plan.degradations ?? []));
}

const listed = (codes: readonly string[]) => (codes.length > 0 ? codes.join(", ") : undefined);

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

/** LiteLLM's headers about who answers. @param attempts deployments asked, this one included */
export function routingHeaders(
  { id, modelName }: { readonly id: string; readonly modelName: string },
  attempts: number,
): Record<string, string> {
  return {
    // Names are free text of the configuration; a header is not.
    "x-litellm-model-id": encodeURI(id),
    "x-litellm-model-group": encodeURI(modelName),
    "x-litellm-attempted-retries": String(attempts - 1),
  };
}

/**
 * LiteLLM's headers about money and time on the answers of models. What a key is limited to is known before the answer,
 * so streams have it too; what it cost and how long it took is on whole answers only.
 */
export const spendHeaders = fp(
  async (app) => {
    app.addHook("preHandler", (request, reply, done) => {
      if (request.routeOptions.config.modelAccess !== undefined && request.caller?.kind === "key")
        tellLimits(reply, request.caller.allowances[0]);
      done();
    });

    app.addHook("onSend", (request, reply, payload, done) => {
      if (request.routeOptions.config.modelAccess !== undefined && reply.statusCode < 400) {
        const costNanoUsd = request.audit?.costNanoUsd ?? null;
        if (costNanoUsd !== null) reply.header("x-litellm-response-cost", nanoUsdToUsd(costNanoUsd));
        reply.header("x-litellm-response-duration-ms", Math.round(reply.elapsedTime));
      }
      done(null, payload);
    });
  },
  { name: "spend-headers", dependencies: ["auth", "audit"] },
);

function tellLimits(reply: FastifyReply, ofKey: Allowance | undefined): void {
  if (ofKey === undefined) return;
  const { maxBudgetNanoUsd, rpmLimit, tpmLimit } = ofKey;
  if (maxBudgetNanoUsd !== null) reply.header("x-litellm-key-max-budget", nanoUsdToUsd(maxBudgetNanoUsd));
  if (rpmLimit !== null) reply.header("x-litellm-key-rpm-limit", rpmLimit);
  if (tpmLimit !== null) reply.header("x-litellm-key-tpm-limit", tpmLimit);
}
