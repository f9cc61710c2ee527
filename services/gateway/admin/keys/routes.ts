import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { Clock } from "../../../shared/clock";
import { BodyValidationError } from "../../../shared/zod-validator";
import {
  databaseUnavailable,
  invalidRequest,
  keyNotFound,
  keyTaken,
  notYourKey,
} from "../../errors/catalogue";
import { allowanceOfKey } from "../../identity/allowances";
import { type Caller, callerOf } from "../../identity/caller";
import { generateKey, hashKey, type MasterKeys, maskKey } from "../../identity/keys";
import { periodAt } from "../../money/ledger/budgets-of-request";
import type { KeyChanges, KeyCheck, KeyStore, VirtualKey } from "../../store/key-store";
import type { NamedBudgetStore } from "../../store/named-budget-store";
import type { SpendBaselines, SpendReader } from "../../store/spend-reader";
import { addDuration } from "../fields";
import { actorOf, CHANGE, compareText, READ, READ_BY_GET, selectPage } from "../route";
import { requireBudget } from "../users/users";
import {
  deleteKeyBody,
  fieldsOf,
  forbidLoosening,
  generateKeyBody,
  type KeyRules,
  keyAliasesQuery,
  keyListQuery,
  keyReference,
  keysInfoBody,
  namedKey,
  regenerateKeyBody,
  requireBudgetOfKey,
  toKeyChanges,
  updateKeyBody,
} from "./bodies";
import {
  describeKey,
  describeKeyWithToken,
  describeNewKey,
  findKey,
  type KeyReference,
  listKeys,
  makeKey,
  requireKey,
} from "./keys";

/** What the routes need. */
interface KeysOptions {
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
      requireBudgetOfKey(budgets, callerOf(request), toKeyChanges(settings, clock.now()))?.(undefined);
      const maker = { keys, masterKeys, now: clock.now(), createdBy: actorOf(request) };
      const { raw, key } = await makeKey(maker, settings, chosen);
      request.audit?.recordChange(`key ${key.keyId}`, fieldsOf(settings));
      return describeNewKey(raw, key, 0);
    },
  );

  const info = async (request: FastifyRequest, reference: KeyReference) => {
    const key = selectKey(keys, request, reference);
    const { endsAt } = periodAt(
      allowanceOfKey(key, budgets.findById(key.budgetId ?? "")).budgetDuration,
      clock.now(),
    );
    return {
      key: reference.key ?? key.tokenHash,
      info: { ...describeKey(key, await spentBy(key)), budget_reset_at: endsAt?.toISOString() ?? null },
    };
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
      const deleted = new Set((await keys.delete(found.map((key) => key.keyId))).map(({ keyId }) => keyId));
      // What is in memory may be gone from the database already.
      if (deleted.size === 0) throw keyNotFound();
      return {
        deleted_keys: named.flatMap(({ given, isAlias, key }) =>
          key !== undefined && deleted.has(key.keyId) ? [isAlias ? given : key.tokenHash] : [],
        ),
      };
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

/** What the routes need. */
interface KeyChangesOptions {
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
  const checkChange = (caller: Caller, changes: KeyChanges, isNewSecret = false): KeyCheck | undefined => {
    const loosening = forbidLoosening(rules, caller, changes.metadata);
    const budget = requireBudgetOfKey(budgets, caller, changes, isNewSecret);
    if (loosening === undefined && budget === undefined) return undefined;
    return (current) => {
      loosening?.(current);
      budget?.(current);
    };
  };

  app.post<{ Body: UpdateBody }>(
    "/key/update",
    { ...CHANGE, schema: { body: updateKeyBody } },
    async (request) => {
      const { key: reference, blocked, spend: spent, ...settings } = request.body;
      const key = requireKey(keys, { key: reference, key_alias: settings.key_alias });
      requireBudget(budgets, settings.budget_id);
      request.audit?.recordChange(`key ${key.keyId}`, fieldsOf(request.body, ["key"]));
      const changes = { ...toKeyChanges(settings, clock.now()), isBlocked: blocked };
      const check = checkChange(callerOf(request), changes);
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
    const check = checkChange(callerOf(request), changes, true);
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

/**
 * The JSON body of a GET request, which Fastify leaves unread; scripts send one to `/key/info`.
 * @returns `undefined` when there is none
 * @throws GatewayError when it is too large for its route, comes too slowly or is no JSON
 */
async function readGetBody(request: FastifyRequest): Promise<unknown> {
  const { "content-length": length, "transfer-encoding": encoding } = request.headers;
  if ((length === undefined || length === "0") && encoding === undefined) return undefined;
  const bytes = await new Promise<Buffer | undefined>((resolve, reject) =>
    request.receiveBody(request.raw, (error, all) => (error === null ? resolve(all) : reject(error))),
  );
  if (bytes === undefined || bytes.length === 0) return undefined;
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    throw invalidRequest("the body must be JSON");
  }
}
