import type { FastifyRequest } from "fastify";
import fp from "fastify-plugin";
import { expiredKey, keysNotLoaded, malformedKey, noKey, unknownKey } from "../errors";
import { hashKey, KEY_PREFIX, maskKey } from "../key-token";
import { type KeySubject, type SubjectStores, subjectOf } from "../ledger/key-subject";
import type { MasterKeys } from "../master-keys";
import type { AdminToken, AdminTokenStore } from "../ports/admin-token-store";
import type { Clock } from "../ports/clock";
import type { KeyStore, VirtualKey } from "../ports/key-store";

/** Who sent a request. */
export type Caller =
  | { readonly kind: "master"; readonly version: "current" | "previous" }
  | { readonly kind: "token"; readonly token: AdminToken }
  | ({ readonly kind: "key" } & KeySubject);

declare module "fastify" {
  interface FastifyRequest {
    /** Set on every route that is not public. */
    caller: Caller | undefined;
  }
  interface FastifyContextConfig {
    /** Answers without a key. @default false: a route that says nothing is closed */
    isPublic?: boolean;
  }
}

/** What the plugin needs. */
export interface AuthOptions extends SubjectStores {
  readonly keys: KeyStore;
  readonly adminTokens: AdminTokenStore;
  readonly masterKeys: MasterKeys;
  readonly clock: Clock;
}

/** Who is it: the master key, or a virtual key or admin token by its hash, from memory. Runs before the body is read. */
export const auth = fp<AuthOptions>(
  async (app, { keys, adminTokens, masterKeys, clock, ...stores }) => {
    app.decorateRequest("caller", undefined);

    app.addHook("onRequest", (request, _reply, done) => {
      if (!request.is404 && request.routeOptions.config.isPublic !== true) request.caller = identify(request);
      done();
    });

    function identify(request: FastifyRequest): Caller {
      const given = readKey(request);
      const hash = hashKey(given);
      const version = masterKeys.find(hash);
      if (version !== undefined) return { kind: "master", version };
      const key = keys.findByHash(hash);
      if (key !== undefined && isCurrent(key, hash, clock)) {
        return { kind: "key", ...subjectOf(key, stores) };
      }
      const token = adminTokens.findByHash(hash);
      if (token === undefined) {
        throw keys.isReady && adminTokens.isReady ? unknownKey(maskKey(given)) : keysNotLoaded();
      }
      if (token.expiresAt !== null && token.expiresAt.getTime() <= clock.now())
        throw expiredKey(token.tokenName, token.expiresAt);
      return { kind: "token", token };
    }
  },
  { name: "auth", dependencies: ["request-id"] },
);

/** The caller of a route that is not public. @throws GatewayError 401 when there is none, so that a mistake closes the door */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === undefined) throw noKey();
  return request.caller;
}

/** Names a caller is restricted to, by its key and by the key's user. `undefined`: all; none is possible too. */
export function allowedModels(caller: Caller): readonly string[] | undefined {
  if (caller.kind !== "key") return undefined;
  const { models: ofKey } = caller.key;
  const ofUser = caller.user?.models ?? [];
  if (ofKey.length === 0) return ofUser.length === 0 ? undefined : ofUser;
  return ofUser.length === 0 ? ofKey : ofKey.filter((name) => ofUser.includes(name));
}

/** Whether the hash is that of the key's present secret, or of the previous one within its grace. */
function isCurrent(key: VirtualKey, hash: string, clock: Clock): boolean {
  if (key.tokenHash === hash) return true;
  return key.previousValidUntil !== null && key.previousValidUntil.getTime() > clock.now();
}

function readKey(request: FastifyRequest): string {
  const { authorization } = request.headers;
  const bare = headerOf(request, "x-litellm-api-key");
  const key =
    bare ??
    (authorization ? readBearer(authorization) : undefined) ??
    headerOf(request, "api-key") ??
    headerOf(request, "x-api-key");
  if (key === undefined) throw noKey();
  const stripped = key.replace(/^Bearer /i, "").trim();
  if (!stripped.startsWith(KEY_PREFIX)) throw malformedKey();
  return stripped;
}

function readBearer(authorization: string): string {
  const match = /^Bearer +(\S+) *$/i.exec(authorization);
  if (match?.[1] === undefined) throw malformedKey();
  return match[1];
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}
