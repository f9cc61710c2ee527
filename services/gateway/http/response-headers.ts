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
