import fp from "fastify-plugin";
import { adminOnly, roleMayNot } from "../errors/catalogue";
import { callerOf } from "../identity/caller";
import type { AdminRole } from "../store/admin-token-store";

declare module "fastify" {
  interface FastifyContextConfig {
    /**
     * What the route does with models: `generate` an answer, or `count` the tokens of a request. Such requests have a row and
     * the caller's limits, hold a place among running answers, and are not logged one by one. @default - nothing
     */
    modelAccess?: "generate" | "count";
  }
}

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

/** Who may call a route. `key` is a virtual key, which is shown its own things only. */
export type Role = "master" | AdminRole | "key";

/** One line of the table. */
interface RouteAccess {
  /** `public` asks for no credential at all. */
  readonly roles: "public" | readonly Role[];
  /** What the route is for, in the OpenAPI document. */
  readonly summary: string;
}

const ADMINS = ["master", "admin"] as const;
const READERS = [...ADMINS, "auditor"] as const;
const KEY_MANAGERS = [...ADMINS, "provisioner"] as const;
const KEY_READERS = [...READERS, "provisioner"] as const;
const EVERYONE = [...KEY_READERS, "key"] as const;
const MODEL_USERS = ["master", "key"] as const;
const OWN_OR_READERS = [...READERS, "key"] as const;

const route = (roles: RouteAccess["roles"], summary: string): RouteAccess => ({ roles, summary });

/** Every route of the gateway and who may call it. What is not in this table answers nobody. */
export const ROUTE_ACCESS: Readonly<Record<string, RouteAccess>> = {
  "POST /v1/chat/completions": route(MODEL_USERS, "Ask a model (OpenAI chat completions)"),
  "POST /chat/completions": route(MODEL_USERS, "Ask a model (OpenAI chat completions)"),
  "POST /v1/messages": route(MODEL_USERS, "Ask a model (Anthropic messages)"),
  "POST /messages": route(MODEL_USERS, "Ask a model (Anthropic messages)"),
  "POST /v1/messages/count_tokens": route(MODEL_USERS, "Count the input of a message"),
  "POST /messages/count_tokens": route(MODEL_USERS, "Count the input of a message"),
  "POST /v1/responses": route(MODEL_USERS, "Ask a model (OpenAI responses)"),
  "POST /responses": route(MODEL_USERS, "Ask a model (OpenAI responses)"),
  "GET /v1/models": route(EVERYONE, "Models that the caller may use"),
  "GET /v1/models/:id": route(EVERYONE, "One model"),
  "GET /models": route(EVERYONE, "Models that the caller may use"),
  "GET /models/:id": route(EVERYONE, "One model"),
  "GET /model/info": route(OWN_OR_READERS, "Deployments with limits and prices"),
  "GET /v1/model/info": route(OWN_OR_READERS, "Deployments with limits and prices"),

  "POST /key/generate": route(KEY_MANAGERS, "Make a key"),
  "POST /key/update": route(KEY_MANAGERS, "Change a key"),
  "POST /key/block": route(KEY_MANAGERS, "Block a key"),
  "POST /key/unblock": route(KEY_MANAGERS, "Unblock a key"),
  "POST /key/regenerate": route(KEY_MANAGERS, "Give a key a new secret"),
  "POST /key/:key/regenerate": route(KEY_MANAGERS, "Give a key a new secret"),
  "POST /key/delete": route(KEY_MANAGERS, "Delete keys"),
  "GET /key/info": route([...KEY_READERS, "key"], "One key"),
  "POST /key/info": route([...KEY_READERS, "key"], "One key"),
  "POST /v2/key/info": route(KEY_READERS, "Several keys"),
  "GET /key/list": route(KEY_READERS, "Keys, in pages"),
  "GET /key/aliases": route(KEY_READERS, "Aliases of keys, in pages"),

  "POST /user/new": route(ADMINS, "Make a user"),
  "POST /user/update": route(ADMINS, "Change or make a user"),
  "POST /user/delete": route(ADMINS, "Delete users and their keys"),
  "GET /user/info": route(OWN_OR_READERS, "One user and its keys"),
  "GET /user/list": route(READERS, "Users, in pages"),

  "POST /budget/new": route(ADMINS, "Make a budget"),
  "POST /budget/update": route(ADMINS, "Change a budget, or the budget of a user"),
  "POST /budget/delete": route(ADMINS, "Delete a budget"),
  "POST /budget/info": route(READERS, "Some budgets"),
  "GET /budget/list": route(READERS, "All budgets"),

  "GET /spend/logs": route(READERS, "Requests and their cost, or sums for each day"),
  "GET /global/spend": route(READERS, "What was spent in the last 30 days"),
  "GET /global/spend/report": route(READERS, "What was spent by key, user, model or day"),

  "POST /admin/token/new": route(ADMINS, "Make an admin token"),
  "POST /admin/token/delete": route(ADMINS, "Delete an admin token"),
  "GET /admin/token/list": route(ADMINS, "Admin tokens"),

  "GET /health": route(READERS, "Which deployments can be used"),
  "GET /get/config/callbacks": route(READERS, "Configured callbacks"),

  "GET /health/readiness": route("public", "Whether requests are accepted"),
  "GET /health/liveliness": route("public", "Whether the process is alive"),
  "GET /health/liveness": route("public", "Whether the process is alive"),
  "GET /metrics": route("public", "Counters for Prometheus"),
  "GET /openapi.json": route("public", "This document"),
};

/** The line of a route. `undefined`: it answers nobody. @param url the route's pattern */
export function accessOf(method: string, url: string): RouteAccess | undefined {
  return ROUTE_ACCESS[`${method} ${url}`];
}
