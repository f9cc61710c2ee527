import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import type { z } from "zod";
import { BodyValidationError } from "../../shared/zod-validator";
import { databaseUnavailable, keyNotFound, notYourKey } from "../errors";
import { actorOf } from "../management/actor";
import { describeKey, describeKeyWithToken, describeNewKey } from "../management/describe-key";
import { findKey, type KeyReference, requireKey } from "../management/find-key";
import {
  deleteKeyBody,
  generateKeyBody,
  keyAliasesQuery,
  keyListQuery,
  keyReference,
  keysInfoBody,
} from "../management/key-bodies";
import { fieldsOf } from "../management/key-changes";
import { listKeys } from "../management/list-keys";
import { makeKey } from "../management/make-key";
import { readGetBody } from "../management/read-get-body";
import { requireBudget } from "../management/require-budget";
import { compareText, selectPage } from "../management/select-page";
import type { MasterKeys } from "../master-keys";
import { callerOf } from "../plugins/auth";
import type { Clock } from "../ports/clock";
import type { KeyStore, VirtualKey } from "../ports/key-store";
import type { NamedBudgetStore } from "../ports/named-budget-store";
import type { SpendReader } from "../ports/spend-reader";
import { CHANGE, READ, READ_BY_GET } from "./management-route";

/** What the routes need. */
export interface KeysOptions {
  readonly keys: KeyStore;
  readonly budgets: NamedBudgetStore;
  readonly spend: SpendReader;
  readonly clock: Clock;
  readonly masterKeys: MasterKeys;
}

type GenerateBody = z.output<typeof generateKeyBody>;
type DeleteBody = z.output<typeof deleteKeyBody>;
type ListQuery = z.output<typeof keyListQuery>;

/** Making, finding and deleting keys. */
export const keyRoutes: FastifyPluginAsync<KeysOptions> = async (app, options) => {
  const { keys, budgets, spend, clock, masterKeys } = options;
  const spentBy = async (key: VirtualKey) => (await spend.byKeys([key.keyId])).get(key.keyId) ?? 0;

  app.post<{ Body: GenerateBody }>(
    "/key/generate",
    { ...CHANGE, schema: { body: generateKeyBody } },
    async (request) => {
      const { key: chosen, ...settings } = request.body;
      requireBudget(budgets, settings.budget_id);
      const maker = { keys, masterKeys, now: clock.now(), createdBy: actorOf(request) };
      const { raw, key } = await makeKey(maker, settings, chosen);
      request.audit?.recordChange(`key ${key.keyId}`, fieldsOf(settings));
      return describeNewKey(raw, key, 0);
    },
  );

  const info = async (request: FastifyRequest, reference: KeyReference) => {
    const key = selectKey(keys, request, reference);
    return { key: reference.key ?? key.tokenHash, info: describeKey(key, await spentBy(key)) };
  };

  app.get<{ Querystring: KeyReference }>(
    "/key/info",
    { ...READ_BY_GET, schema: { querystring: keyReference } },
    async (request) => {
      const body = keyReference.safeParse((await readGetBody(request)) ?? {});
      if (!body.success) throw new BodyValidationError(body.error);
      return info(request, { ...body.data, ...request.query });
    },
  );

  app.post<{ Body: KeyReference }>(
    "/key/info",
    { ...READ, schema: { body: keyReference } },
    async (request) => info(request, request.body),
  );

  app.post<{ Body: z.output<typeof keysInfoBody> }>(
    "/v2/key/info",
    { ...READ, schema: { body: keysInfoBody } },
    async ({ body }) => {
      if (!keys.isReady) throw databaseUnavailable();
      const found = body.keys.flatMap((given) => findKey(keys, given) ?? []);
      if (found.length === 0) throw keyNotFound();
      const spent = await spend.byKeys(found.map((key) => key.keyId));
      return {
        key: found.map((key) => key.tokenHash),
        info: found.map((key) => describeKeyWithToken(key, spent.get(key.keyId) ?? 0)),
      };
    },
  );

  app.get<{ Querystring: z.output<typeof keyAliasesQuery> }>(
    "/key/aliases",
    { schema: { querystring: keyAliasesQuery } },
    async ({ query: { page, size, search } }) => {
      if (!keys.isReady) throw databaseUnavailable();
      const aliases: string[] = [];
      for (const { keyAlias } of keys.all())
        if (keyAlias !== null && (search === undefined || keyAlias.includes(search))) aliases.push(keyAlias);
      return {
        aliases: await selectPage(aliases, compareText, (page - 1) * size, page * size),
        total_count: aliases.length,
        current_page: page,
        total_pages: Math.ceil(aliases.length / size),
        size,
      };
    },
  );

  app.get<{ Querystring: ListQuery }>(
    "/key/list",
    { schema: { querystring: keyListQuery } },
    async ({ query }) => {
      if (!keys.isReady) throw databaseUnavailable();
      const { page, total } = await listKeys(keys.all(), query);
      const ids = query.return_full_object ? page.map((key) => key.keyId) : [];
      const spent = await spend.byKeys(ids);
      return {
        keys: page.map((key) =>
          query.return_full_object ? describeKeyWithToken(key, spent.get(key.keyId) ?? 0) : key.tokenHash,
        ),
        total_count: total,
        current_page: query.page,
        total_pages: Math.ceil(total / query.size),
      };
    },
  );

  app.post<{ Body: DeleteBody }>(
    "/key/delete",
    { ...CHANGE, schema: { body: deleteKeyBody } },
    async ({ body, audit }) => {
      if (!keys.isReady) throw databaseUnavailable();
      const named = [
        ...body.keys.map((given) => ({ given, isAlias: false, key: findKey(keys, given) })),
        ...body.key_aliases.map((given) => ({ given, isAlias: true, key: keys.findByAlias(given) })),
      ];
      // All or nothing: a script that mistyped one must not lose the others.
      const found = named.flatMap(({ key }) => (key === undefined ? [] : [key]));
      if (found.length < named.length) throw keyNotFound();
      audit?.recordChange(found.map((key) => `key ${key.keyId}`).join(", "));
      await keys.delete(found.map((key) => key.keyId));
      return { deleted_keys: named.map(({ given, isAlias, key }) => (isAlias ? given : key?.tokenHash)) };
    },
  );
};

/** The key that is asked about: any for those who manage keys, its own for a virtual key. */
function selectKey(keys: KeyStore, request: FastifyRequest, reference: KeyReference): VirtualKey {
  const caller = callerOf(request);
  if (caller.kind !== "key") return requireKey(keys, reference);
  if (!reference.key && !reference.key_alias) return caller.key;
  const { key, key_alias: alias } = reference;
  const found = key ? findKey(keys, key) : keys.findByAlias(alias ?? "");
  // What a virtual key may not see and what does not exist look the same to it.
  if (found?.keyId !== caller.key.keyId) throw notYourKey();
  return found;
}
