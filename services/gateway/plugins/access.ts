import fp from "fastify-plugin";
import { adminOnly } from "../errors";
import { roleMayNot } from "../management/errors";
import { accessOf } from "../management/route-access";
import { callerOf } from "./auth";

/**
 * Holds every route to the table of roles: what is not in it is closed, also to the master key. After `audit`,
 * so that a refusal is recorded, and before the body is read.
 */
export const access = fp(
  async (app) => {
    app.addHook("onRequest", (request, _reply, done) => {
      if (request.is404 || request.routeOptions.config.isPublic === true) {
        done();
        return;
      }
      const caller = callerOf(request);
      const url = request.routeOptions.url ?? "unknown";
      const roles = accessOf(request.method, url)?.roles;
      const role = caller.kind === "token" ? caller.token.role : caller.kind;
      if (roles !== undefined && roles !== "public" && roles.includes(role)) {
        done();
        return;
      }
      throw caller.kind === "key" ? adminOnly(url) : roleMayNot(role, url);
    });
  },
  { name: "access", dependencies: ["auth", "audit", "key-standing"] },
);
