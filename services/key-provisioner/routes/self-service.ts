import type { FastifyPluginAsync } from "fastify";
import { z } from "zod";
import type { Coder } from "../coder";
import { describeKey } from "../describe-key";
import { ProvisionerError } from "../errors";
import type { Gateway } from "../gateway";
import type { KeyIssuer } from "../issue-key";
import { userPurpose } from "../key-purpose";
import type { RateLimit } from "../rate-limit";
import type { Settings } from "../settings";
import { NO_CODER } from "./no-coder";

/** What the routes need. */
interface SelfServiceOptions {
  /** `undefined`: the platform has none. */
  readonly coder: Coder | undefined;
  readonly issuer: KeyIssuer;
  readonly gateway: Gateway;
  readonly settings: () => Settings;
  /** How often one key may be asked for. */
  readonly perKey: RateLimit;
}

const body = z
  .object({
    purpose: z
      .string("must be text")
      .max(200, "must be at most 200 characters")
      .regex(/^[^\p{Cc}\p{Cs}]*$/u, "must not contain control characters")
      .optional(),
  })
  .nullish();

/** What people do for themselves: a key of their own, and what is left on any key. */
export const selfServiceRoutes: FastifyPluginAsync<SelfServiceOptions> = async (app, options) => {
  const { coder, issuer, gateway, settings, perKey } = options;

  app.post<{ Body: z.output<typeof body> }>(
    "/api/v1/keys/self-service",
    { config: { credential: "caller" }, schema: { body } },
    async (request, reply) => {
      if (coder === undefined) throw NO_CODER;
      const user = await coder.userOf(request.bearer);
      if (user === undefined) {
        throw new ProvisionerError(
          401,
          "session_token_refused",
          "Coder does not take this session token, or its user is suspended. Log in to Coder and use a new one.",
        );
      }
      const asker = { actor: `user ${user.username}`, requestId: request.id };
      const purpose = userPurpose(user.username, user.id, request.body?.purpose);
      request.refused = { alias: purpose.alias, actor: asker.actor };
      perKey.take(purpose.alias);
      const issued = await issuer.handOut(purpose, undefined, asker);
      return reply
        .code(issued.isReused ? 200 : 201)
        .send({ key: issued.key, reused: issued.isReused, ...describeKey(issued.atGateway, settings()) });
    },
  );

  app.get("/api/v1/keys/info", { config: { credential: "caller" } }, async (request) =>
    describeKey(await gateway.describeOwn(request.bearer), settings()),
  );
};
