import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import type { z } from "zod";
import { keyNotFound, keyTaken } from "../errors";
import { generateKey, hashKey, maskKey } from "../key-token";
import { actorOf } from "../management/actor";
import { describeKey, describeKeyWithToken, describeNewKey } from "../management/describe-key";
import { addDuration } from "../management/duration";
import { requireKey } from "../management/find-key";
import { forbidLoosening, type KeyRules } from "../management/forbid-loosening";
import { namedKey, regenerateKeyBody, updateKeyBody } from "../management/key-bodies";
import { fieldsOf, toKeyChanges } from "../management/key-changes";
import { requireBudget } from "../management/require-budget";
import type { MasterKeys } from "../master-keys";
import { callerOf } from "../plugins/auth";
import type { Clock } from "../ports/clock";
import type { KeyStore, VirtualKey } from "../ports/key-store";
import type { NamedBudgetStore } from "../ports/named-budget-store";
import type { SpendBaselines, SpendReader } from "../ports/spend-reader";
import { CHANGE } from "./management-route";

/** What the routes need. */
export interface KeyChangesOptions {
  readonly keys: KeyStore;
  readonly budgets: NamedBudgetStore;
  readonly spend: SpendReader;
  readonly baselines: SpendBaselines;
  readonly clock: Clock;
  readonly masterKeys: MasterKeys;
  readonly rules: KeyRules;
}

type UpdateBody = z.output<typeof updateKeyBody>;
type RegenerateBody = z.output<typeof regenerateKeyBody>;
type NamedKey = z.output<typeof namedKey>;

/** Changing, blocking and rotating keys. The key id stays through all of it. */
export const keyChangeRoutes: FastifyPluginAsync<KeyChangesOptions> = async (app, options) => {
  const { keys, budgets, spend, baselines, clock, masterKeys, rules } = options;
  const spentBy = async (key: VirtualKey) => (await spend.byKeys([key.keyId])).get(key.keyId) ?? 0;

  app.post<{ Body: UpdateBody }>(
    "/key/update",
    { ...CHANGE, schema: { body: updateKeyBody } },
    async (request) => {
      const { key: reference, blocked, spend: spent, ...settings } = request.body;
      const key = requireKey(keys, { key: reference, key_alias: settings.key_alias });
      requireBudget(budgets, settings.budget_id);
      request.audit?.recordChange(`key ${key.keyId}`, fieldsOf(request.body, ["key"]));
      const changes = { ...toKeyChanges(settings, clock.now()), isBlocked: blocked };
      const check = forbidLoosening(rules, callerOf(request), changes.metadata);
      const updated = await keys.update(key.keyId, actorOf(request), changes, undefined, check);
      if (updated === undefined) throw keyNotFound();
      if (spent !== undefined) await baselines.set("key", key.keyId, spent ?? 0);
      return { key: reference ?? updated.tokenHash, ...describeKey(updated, await spentBy(updated)) };
    },
  );

  for (const [path, isBlocked] of [
    ["/key/block", true],
    ["/key/unblock", false],
  ] as const) {
    app.post<{ Body: NamedKey }>(path, { ...CHANGE, schema: { body: namedKey } }, async (request) => {
      const key = requireKey(keys, request.body);
      request.audit?.recordChange(`key ${key.keyId}`, ["blocked"]);
      const updated = await keys.update(key.keyId, actorOf(request), { isBlocked });
      if (updated === undefined) throw keyNotFound();
      return describeKeyWithToken(updated, await spentBy(updated));
    });
  }

  const regenerate = async (request: FastifyRequest, reference: string | undefined, body: RegenerateBody) => {
    const { key: named, new_key: chosen, grace_period: grace, ...settings } = body;
    const key = requireKey(keys, { key: reference ?? named, key_alias: settings.key_alias });
    requireBudget(budgets, settings.budget_id);
    const raw = chosen ?? generateKey();
    if (masterKeys.includes(raw)) throw keyTaken();
    request.audit?.recordChange(`key ${key.keyId}`, ["key", ...fieldsOf(settings)]);
    const now = clock.now();
    const changes = toKeyChanges(settings, now);
    const rotation = {
      tokenHash: hashKey(raw),
      keyName: maskKey(raw),
      previousValidUntil: grace ? (addDuration(new Date(now), grace) ?? null) : null,
    };
    const check = forbidLoosening(rules, callerOf(request), changes.metadata);
    const updated = await keys.update(key.keyId, actorOf(request), changes, rotation, check);
    if (updated === undefined) throw keyNotFound();
    return describeNewKey(raw, updated, await spentBy(updated));
  };

  const schema = { body: regenerateKeyBody };
  app.post<{ Body: RegenerateBody }>("/key/regenerate", { ...CHANGE, schema }, async (request) =>
    regenerate(request, undefined, request.body),
  );
  app.post<{ Body: RegenerateBody | undefined; Params: { key: string } }>(
    "/key/:key/regenerate",
    { ...CHANGE, schema: { body: regenerateKeyBody.nullish() } },
    async (request) => regenerate(request, request.params.key, request.body ?? {}),
  );
};
