import type { FastifyRequest } from "fastify";
import { type Caller, callerOf } from "../plugins/auth";

/** LiteLLM's name for whoever holds the master key. */
const MASTER_NAME = "default_user_id";

/** Who makes a change, as `created_by` and `updated_by` show it. */
export function actorOf(request: FastifyRequest): string {
  return nameOf(callerOf(request));
}

function nameOf(caller: Caller): string {
  if (caller.kind === "master") return MASTER_NAME;
  return caller.kind === "token" ? caller.token.name : caller.key.keyId;
}
