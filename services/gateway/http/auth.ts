import type { FastifyRequest } from "fastify";
import fp from "fastify-plugin";
import type { Clock } from "../../shared/clock";
import { blockedKey, expiredKey, keysNotLoaded, malformedKey, noKey, unknownKey } from "../errors/catalogue";
import { type SubjectStores, subjectOf } from "../identity/allowances";
import type { Caller } from "../identity/caller";
import { hashKey, KEY_PREFIX, type MasterKeys, maskKey, type ProvisionerToken } from "../identity/keys";
import type { AdminTokenStore } from "../store/admin-token-store";
import type { KeyStore, VirtualKey } from "../store/key-store";

/** What the plugin needs. */
interface AuthOptions extends SubjectStores {
  readonly keys: KeyStore;
  readonly adminTokens: AdminTokenStore;
  readonly masterKeys: MasterKeys;
  readonly provisionerToken: ProvisionerToken;
  readonly clock: Clock;
}

/** Who is it: the master key or the key-provisioner, or a virtual key or admin token by its hash, from memory. Runs before the body is read. */
export const auth = fp<AuthOptions>(
  async (app, { keys, adminTokens, masterKeys, provisionerToken, clock, ...stores }) => {
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
      const provisioner = provisionerToken.find(hash);
      if (provisioner !== undefined) return { kind: "token", token: provisioner };
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

/** Refuses keys that are known but not valid. After `audit`, so that the refusal is recorded. */
export const keyStanding = fp<{ clock: Clock }>(
  async (app, { clock }) => {
    app.addHook("onRequest", ({ caller }, _reply, done) => {
      if (caller?.kind !== "key") {
        done();
        return;
      }
      const { isBlocked, expiresAt, keyName } = caller.key;
      if (isBlocked) throw blockedKey();
      if (expiresAt !== null && expiresAt.getTime() <= clock.now()) throw expiredKey(keyName, expiresAt);
      done();
    });
  },
  { name: "key-standing", dependencies: ["auth", "audit"] },
);
