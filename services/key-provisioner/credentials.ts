import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";
import fp from "fastify-plugin";
import type { Secret } from "../shared/secret";
import { ProvisionerError } from "./errors";
import type { RateLimit } from "./rate-limit";

declare module "fastify" {
  interface FastifyContextConfig {
    /**
     * `admin`: the administrator's token. `caller`: a credential that the route proves by asking Coder or the gateway. @default - none is asked for
     */
    credential?: "admin" | "caller";
  }
  interface FastifyRequest {
    /** What was sent as `Authorization: Bearer`; empty on routes that ask for none. */
    bearer: string;
    /** What a refusal is recorded with. */
    refused: { alias?: string; actor?: string };
  }
}

/** What the plugin needs. */
export interface CredentialsOptions {
  /** The administrator's token in force. */
  readonly adminToken: () => Secret;
  /** How often one credential may ask. */
  readonly perCredential: RateLimit;
  /** How often one address may be refused. */
  readonly refusals: RateLimit;
}

/** Asks for a credential before a body is read, and limits how often one may be tried. */
export const credentials = fp<CredentialsOptions>(
  async (app, { adminToken, perCredential, refusals }) => {
    app.decorateRequest("bearer", "");
    app.decorateRequest("refused");

    app.addHook("onRequest", async (request) => {
      request.refused = {};
      const { credential } = request.routeOptions.config;
      if (request.is404 || credential === undefined) return;
      request.bearer = readBearer(request);
      if (credential === "admin") {
        // Who has it is let in whatever others try from the same address.
        if (isSame(request.bearer, adminToken().expose())) {
          request.refused.actor = "administrator";
          return;
        }
        refusals.check(request.ip);
        throw new ProvisionerError(401, "admin_token_refused", "This is not the administrator's token.");
      }
      refusals.check(request.ip);
      perCredential.take(plainForm(request.bearer));
    });
  },
  { name: "credentials" },
);

function readBearer(request: FastifyRequest): string {
  const [, bearer] = /^Bearer +([\x21-\x7e]{1,1024}) *$/i.exec(request.headers.authorization ?? "") ?? [];
  if (bearer !== undefined) return bearer;
  throw new ProvisionerError(401, "no_credential", "Send a credential as Authorization: Bearer <token>.");
}

/** Coder takes an agent's token, a UUID, in capitals, without dashes and in braces as well: all of them are one credential. */
function plainForm(bearer: string): string {
  const [uuid] = /[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}/i.exec(bearer) ?? [];
  return uuid === undefined ? bearer : uuid.replaceAll("-", "").toLowerCase();
}

/** Compares hashes, so that neither length nor content shows in the time it takes. */
function isSame(given: string, expected: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(given), hash(expected));
}
