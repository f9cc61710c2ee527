import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import type { z } from "zod";
import { databaseUnavailable, keyNotFound, keyTaken, notYourKey } from "../errors";
import { generateKey, hashKey, isSameKey, maskKey } from "../key-token";
import { budgetsOf } from "../ledger/budgets-of-request";
import type { Ledger } from "../ledger/ledger";
import { describeKey } from "../management/describe-key";
import { addDuration } from "../management/duration";
import { findKey } from "../management/find-key";
import { deleteKeyBody, generateKeyBody, keyInfoQuery } from "../management/key-bodies";
import { callerOf, requireMaster } from "../plugins/auth";
import type { AuditLog } from "../ports/audit-log";
import type { Clock } from "../ports/clock";
import type { KeyStore, VirtualKey } from "../ports/key-store";
import type { Secret } from "../secret";

/** Management bodies are small, in bytes. */
const BODY_LIMIT = 256 * 1024;
/** Who makes keys with the master key; LiteLLM's name for it. */
const CREATED_BY = "default_user_id";

/** What the routes need. */
export interface KeysOptions {
  readonly keys: KeyStore;
  readonly ledger: Ledger;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly masterKey: Secret;
}

type GenerateBody = z.output<typeof generateKeyBody>;
type InfoQuery = z.output<typeof keyInfoQuery>;
type DeleteBody = z.output<typeof deleteKeyBody>;

/** LiteLLM's key management. Changes need the master key; a virtual key may read about itself. */
export const keyRoutes: FastifyPluginAsync<KeysOptions> = async (
  app,
  { keys, ledger, audit, clock, masterKey },
) => {
  const changes = {
    config: { isAudited: true },
    bodyLimit: BODY_LIMIT,
    onRequest: async (r: FastifyRequest) => requireMaster(r),
  };

  /** In the budget's period; for a key without a budget, ever. */
  const spentInPeriod = async (key: VirtualKey): Promise<number> => {
    const [budget] = budgetsOf({ key, endUser: null, maxEndUserBudgetNano: undefined }, clock.now());
    const spent = budget === undefined ? undefined : await ledger.spentNano(budget);
    return spent ?? audit.spentNanoUsd(key.keyId, budget?.since ?? null);
  };

  app.post<{ Body: GenerateBody }>(
    "/key/generate",
    { ...changes, schema: { body: generateKeyBody } },
    async ({ body }) => {
      const raw = body.key ?? generateKey();
      if (isSameKey(raw, masterKey.expose())) throw keyTaken();
      const created = await keys.create({
        tokenHash: hashKey(raw),
        keyName: maskKey(raw),
        keyAlias: body.key_alias ?? null,
        userId: body.user_id ?? null,
        models: body.models ?? [],
        metadata: body.metadata ?? {},
        expiresAt: body.duration ? (addDuration(new Date(clock.now()), body.duration) ?? null) : null,
        maxBudgetNanoUsd: body.max_budget ?? null,
        budgetDuration: body.budget_duration ?? null,
        rpmLimit: body.rpm_limit ?? null,
        tpmLimit: body.tpm_limit ?? null,
        maxParallelRequests: body.max_parallel_requests ?? null,
        createdBy: CREATED_BY,
      });
      return {
        key: raw,
        token: created.tokenHash,
        token_id: created.tokenHash,
        key_id: created.keyId,
        ...describeKey(created, 0),
      };
    },
  );

  app.get<{ Querystring: InfoQuery }>(
    "/key/info",
    { schema: { querystring: keyInfoQuery } },
    async (request) => {
      const key = selectKey(keys, request);
      const info = describeKey(key, await spentInPeriod(key));
      return { key: request.query.key ?? key.tokenHash, info: { key_id: key.keyId, ...info } };
    },
  );

  app.post<{ Body: DeleteBody }>(
    "/key/delete",
    { ...changes, schema: { body: deleteKeyBody } },
    async ({ body }) => {
      if (!keys.isReady) throw databaseUnavailable();
      const named = [
        ...(body.keys ?? []).map((given) => ({ given, key: findKey(keys, given) })),
        ...(body.key_aliases ?? []).map((given) => ({ given, key: keys.findByAlias(given) })),
      ];
      // All or nothing: a script that mistyped one must not lose the others.
      const found = named.flatMap(({ key }) => (key === undefined ? [] : [key]));
      if (found.length < named.length) throw keyNotFound();
      await keys.delete(found.map((key) => key.keyId));
      return {
        deleted_keys: named.map(({ given, key }) =>
          body.key_aliases?.includes(given) ? given : key?.tokenHash,
        ),
      };
    },
  );
};

/** The key that is asked about: any for the master key, its own for a virtual key. */
function selectKey(keys: KeyStore, request: FastifyRequest<{ Querystring: InfoQuery }>): VirtualKey {
  const { key, key_alias: alias } = request.query;
  const caller = callerOf(request);
  const isNamed = key !== undefined || alias !== undefined;
  if (caller.kind === "key" && !isNamed) return caller.key;
  const found =
    key === undefined ? (alias === undefined ? undefined : keys.findByAlias(alias)) : findKey(keys, key);
  // What a virtual key may not see and what does not exist look the same to it.
  if (caller.kind === "key" && found?.keyId !== caller.key.keyId) throw notYourKey();
  if (found === undefined) throw keys.isReady ? keyNotFound() : databaseUnavailable();
  return found;
}
