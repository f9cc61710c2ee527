import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Coder } from "../coder";
import { describeKey } from "../describe-key";
import { ProvisionerError } from "../errors";
import type { Gateway, GatewayKey } from "../gateway";
import type { Asker, IssuedKeyAnswer, KeyIssuer } from "../issue-key";
import { agentPurpose, ciPurpose, type KeyPurpose, purposeOf, userPurpose } from "../key-purpose";
import type { Settings } from "../settings";
import { recordEvent } from "../store/audit";
import type { CoderTokenStore } from "../store/coder-token";
import type { Database } from "../store/database";
import { findIssuedKey, type IssuedKey, listIssuedKeys } from "../store/issued-keys";
import { NO_CODER } from "./no-coder";

/** What the routes need. */
interface AdminOptions {
  /** `undefined`: the platform has none. */
  readonly coder: Coder | undefined;
  readonly coderToken: CoderTokenStore;
  readonly database: Database;
  readonly gateway: Gateway;
  readonly issuer: KeyIssuer;
  readonly settings: () => Settings;
}

const ADMIN = { config: { credential: "admin" } } as const;
/** Keys of one answer at most. */
const PAGE = 100;

const username = z
  .string("must be a user name")
  .regex(/^[a-zA-Z0-9]([a-zA-Z0-9_.@-]{0,63})$/, "must be a user name: letters, digits and - _ . @");
const serviceBody = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({
      kind: z.literal("ci"),
      repo: z
        .string("must be the name of a repository")
        .regex(
          /^[A-Za-z0-9][A-Za-z0-9._/-]{0,149}$/,
          "must be the name of a repository, such as frontend or team/frontend",
        ),
    }),
    z.strictObject({
      kind: z.literal("agent"),
      role: z.enum(["review", "write"], "must be review or write"),
    }),
  ],
  "must contain kind ci and repo, or kind agent and role",
);
const bootstrapBody = z.strictObject({
  users: z
    .array(username, "must be a list of user names")
    .min(1, "must not be empty")
    .max(200, "must be at most 200"),
});
const resetBody = z.strictObject({
  user_id: z.string("must be a user name").min(1, "must not be empty").max(255),
});
const levelBody = z.strictObject({ level: z.string("must be a level, or null").nullable() });
const tokenBody = z.strictObject({
  token: z.string("must be a token").regex(/^[\x21-\x7e]{10,500}$/, "must be a token of Coder"),
});
const listQuery = z.strictObject({
  after: z.string().max(300).optional(),
  limit: z.coerce
    .number()
    .int()
    .min(1, "must be at least 1")
    .max(PAGE, `must be at most ${PAGE}`)
    .default(PAGE),
});

type ByAlias = { Params: { alias: string } };

/** What administrators do, with a token that no workspace has. */
export const adminRoutes: FastifyPluginAsync<AdminOptions> = async (app, options) => {
  const { coder, coderToken, database, gateway, issuer, settings } = options;

  const askerOf = (request: FastifyRequest, alias?: string): Asker => {
    request.refused = { actor: "administrator", ...(alias === undefined ? {} : { alias }) };
    return { actor: "administrator", requestId: request.id };
  };
  const shown = ({ key, isReused, atGateway }: IssuedKeyAnswer) => ({
    key,
    reused: isReused,
    ...describeKey(atGateway, settings()),
  });
  const describe = (row: IssuedKey, key: GatewayKey | undefined) => ({
    ...(key === undefined
      ? { alias: row.alias, scope: null, level: null, owner: row.owner }
      : describeKey(key, settings())),
    kind: row.kind,
    state:
      key === undefined
        ? "missing"
        : key.blocked
          ? "blocked"
          : row.nextSecret === null
            ? "active"
            : "unfinished",
    permitted_level: row.permittedLevel,
    created_at: row.createdAt.toISOString(),
  });
  const rowOf = async (alias: string): Promise<IssuedKey> => {
    const row = await database.use((connection) => findIssuedKey(connection, alias));
    if (row === undefined) throw new ProvisionerError(404, "key_not_found", `There is no key ${alias}.`);
    return row;
  };

  app.post<{ Body: z.output<typeof serviceBody> }>(
    "/api/v1/keys/service",
    { ...ADMIN, schema: { body: serviceBody } },
    async (request, reply) => {
      const { body } = request;
      const purpose = body.kind === "ci" ? ciPurpose(body.repo) : agentPurpose(body.role);
      return reply.code(201).send(shown(await issuer.create(purpose, askerOf(request, purpose.alias))));
    },
  );

  app.post<{ Body: z.output<typeof bootstrapBody> }>(
    "/api/v1/keys/bootstrap",
    { ...ADMIN, schema: { body: bootstrapBody } },
    async (request) => {
      const asker = askerOf(request);
      const keys: ReturnType<typeof shown>[] = [];
      // One after the other: it is done once, and must not keep others from their keys.
      for (const name of new Set(request.body.users)) {
        const row = await database.use((connection) => findIssuedKey(connection, `user-${name}`));
        keys.push(shown(await issuer.handOut(userPurpose(name, row?.ownerId ?? null), undefined, asker)));
      }
      return { keys };
    },
  );

  app.get<{ Querystring: z.output<typeof listQuery> }>(
    "/api/v1/keys/list",
    { ...ADMIN, schema: { querystring: listQuery } },
    async (request) => {
      const { after, limit } = request.query;
      askerOf(request);
      const rows = await database.use((connection) => listIssuedKeys(connection, { after, limit }));
      const found = await gateway.findAll(rows.flatMap(({ gatewayKeyId }) => gatewayKeyId ?? []));
      const byId = new Map(found.map((key) => [key.key_id, key]));
      return {
        keys: rows.map((row) => describe(row, byId.get(row.gatewayKeyId ?? ""))),
        next_after: rows.length < limit ? null : (rows.at(-1)?.alias ?? null),
      };
    },
  );

  app.get<ByAlias>("/api/v1/keys/:alias", ADMIN, async (request) => {
    const { alias } = request.params;
    askerOf(request, alias);
    const row = await rowOf(alias);
    return describe(row, await gateway.find({ key_alias: alias }));
  });

  app.delete<ByAlias>("/api/v1/keys/:alias", ADMIN, async (request) => {
    const { alias } = request.params;
    if (await issuer.revoke(alias, askerOf(request, alias), "by an administrator")) return { revoked: alias };
    throw new ProvisionerError(404, "key_not_found", `There is no key ${alias}.`);
  });

  app.post<ByAlias>("/api/v1/keys/:alias/rotate", ADMIN, async (request) => {
    const { alias } = request.params;
    return shown(await issuer.rotate(alias, keepPurpose, askerOf(request, alias)));
  });

  app.put<ByAlias & { Body: z.output<typeof levelBody> }>(
    "/api/v1/keys/:alias/level",
    { ...ADMIN, schema: { body: levelBody } },
    async (request) => {
      const { alias } = request.params;
      const asker = askerOf(request, alias);
      const { level: name } = request.body;
      const level = settings().level(name);
      if (name !== null && level === undefined) {
        const allowed = settings().levelNames.join(", ");
        throw new ProvisionerError(400, "unknown_level", `There is no level ${name}; there are ${allowed}.`);
      }
      await issuer.permit(alias, level, asker);
      return { alias, permitted_level: name, takes_effect: "when the key is asked for the next time" };
    },
  );

  app.post<{ Body: z.output<typeof resetBody> }>(
    "/api/v1/keys/reset-user",
    { ...ADMIN, schema: { body: resetBody } },
    async (request) => {
      const { user_id: userId } = request.body;
      const asker = askerOf(request);
      const aliases: (string | null)[] = [];
      for await (const key of gateway.list(userId)) {
        await gateway.update(key.key_id, { spend: 0 });
        aliases.push(key.key_alias);
      }
      const detail = { user_id: userId, aliases };
      await database.use((connection) =>
        recordEvent(connection, { ...asker, action: "reset_spend", outcome: "done", detail }),
      );
      return { status: "ok", user_id: userId, spend_reset: true, keys: aliases.length };
    },
  );

  app.put<{ Body: z.output<typeof tokenBody> }>(
    "/api/v1/coder/token",
    { ...ADMIN, schema: { body: tokenBody } },
    async (request) => {
      if (coder === undefined) throw NO_CODER;
      askerOf(request);
      const { token } = request.body;
      await coder.checkReaderToken(token);
      await coderToken.replace(token, request.id);
      return { status: "ok" };
    },
  );
};

/** A key that gets another secret is for what it was for. */
function keepPurpose(row: IssuedKey, { user_id, metadata }: GatewayKey): KeyPurpose {
  const purpose = purposeOf(row);
  const texts = Object.entries(metadata).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return { ...purpose, userId: user_id ?? purpose.userId, metadata: Object.fromEntries(texts) };
}
