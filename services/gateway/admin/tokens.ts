import { randomBytes } from "node:crypto";
import type { FastifyPluginAsync } from "fastify";
import { z } from "zod";
import type { Clock } from "../../shared/clock";
import { databaseUnavailable, tokenNotFound } from "../errors/catalogue";
import { hashKey, KEY_PREFIX, maskKey } from "../identity/keys";
import type { AdminToken, AdminTokenStore } from "../store/admin-token-store";
import { addDuration, lifetime, name } from "./fields";
import { actorOf, CHANGE } from "./route";

const newTokenBody = z.strictObject({
  name: name(100),
  role: z.enum(["admin", "auditor", "provisioner"], "must be admin, auditor or provisioner"),
  duration: lifetime,
});

const deleteTokenBody = z
  .strictObject({ name: name(100).optional(), token_id: z.uuid("must be the id of a token").optional() })
  .refine(
    (body) => (body.name === undefined) !== (body.token_id === undefined),
    "must contain name or token_id",
  );

/** Named credentials for the management API, so that nobody needs the master key every day. */
export const adminTokenRoutes: FastifyPluginAsync<{ tokens: AdminTokenStore; clock: Clock }> = async (
  app,
  { tokens, clock },
) => {
  app.post<{ Body: z.output<typeof newTokenBody> }>(
    "/admin/token/new",
    { ...CHANGE, schema: { body: newTokenBody } },
    async (request) => {
      const { name: tokenName, role, duration } = request.body;
      const raw = `${KEY_PREFIX}admin-${randomBytes(24).toString("base64url")}`;
      const isForEver = !duration || duration === "-1";
      const token = await tokens.create({
        tokenHash: hashKey(raw),
        tokenName: maskKey(raw),
        name: tokenName,
        role,
        expiresAt: isForEver ? null : (addDuration(new Date(clock.now()), duration) ?? null),
        createdBy: actorOf(request),
      });
      request.audit?.recordChange(`token ${token.tokenId}`, ["name", "role"]);
      return { token: raw, ...describeToken(token) };
    },
  );

  app.get("/admin/token/list", async () => {
    if (!tokens.isReady) throw databaseUnavailable();
    return { tokens: [...tokens.all()].sort((a, b) => (a.name < b.name ? -1 : 1)).map(describeToken) };
  });

  app.post<{ Body: z.output<typeof deleteTokenBody> }>(
    "/admin/token/delete",
    { ...CHANGE, schema: { body: deleteTokenBody } },
    async ({ body, audit }) => {
      if (!tokens.isReady) throw databaseUnavailable();
      const tokenId = body.token_id ?? tokens.findByName(body.name ?? "")?.tokenId;
      if (tokenId === undefined || !(await tokens.delete(tokenId))) throw tokenNotFound();
      audit?.recordChange(`token ${tokenId}`);
      return { deleted_token: tokenId };
    },
  );
};

function describeToken(token: AdminToken) {
  return {
    token_id: token.tokenId,
    token_name: token.tokenName,
    name: token.name,
    role: token.role,
    expires: token.expiresAt?.toISOString() ?? null,
    created_at: token.createdAt.toISOString(),
    created_by: token.createdBy,
  };
}
