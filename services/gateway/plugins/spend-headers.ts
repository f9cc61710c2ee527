import fp from "fastify-plugin";
import { nanoUsdToUsd } from "../pricing/money";

/**
 * LiteLLM's headers about money and time on the answers of models. What a key is limited to is known before the answer,
 * so streams have it too; what it cost and how long it took is on whole answers only.
 */
export const spendHeaders = fp(
  async (app) => {
    app.addHook("preHandler", async (request, reply) => {
      if (request.routeOptions.config.isGeneration !== true || request.caller?.kind !== "key") return;
      const [ofKey] = request.caller.allowances;
      if (ofKey === undefined) return;
      const { maxBudgetNanoUsd, rpmLimit, tpmLimit } = ofKey;
      if (maxBudgetNanoUsd !== null) reply.header("x-litellm-key-max-budget", nanoUsdToUsd(maxBudgetNanoUsd));
      if (rpmLimit !== null) reply.header("x-litellm-key-rpm-limit", rpmLimit);
      if (tpmLimit !== null) reply.header("x-litellm-key-tpm-limit", tpmLimit);
    });

    app.addHook("onSend", async (request, reply) => {
      if (request.routeOptions.config.isGeneration !== true || reply.statusCode >= 400) return;
      const costNanoUsd = request.audit?.costNanoUsd ?? null;
      if (costNanoUsd !== null) reply.header("x-litellm-response-cost", nanoUsdToUsd(costNanoUsd));
      reply.header("x-litellm-response-duration-ms", Math.round(reply.elapsedTime));
    });
  },
  { name: "spend-headers", dependencies: ["auth", "audit"] },
);
