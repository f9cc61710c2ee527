import type { FastifyRequest } from "fastify";
import { noKey } from "../errors/catalogue";
import type { AdminToken } from "../store/admin-token-store";
import type { KeySubject } from "./allowances";

/** Who sent a request. */
export type Caller =
  | { readonly kind: "master"; readonly version: "current" | "previous"; readonly models?: undefined }
  | { readonly kind: "token"; readonly token: AdminToken; readonly models?: undefined }
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

/** The caller of a route that is not public. @throws GatewayError 401 when there is none, so that a mistake closes the door */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === undefined) throw noKey();
  return request.caller;
}
