import type { JsonObject } from "../json/json-value";
import type { MessagesRequest } from "../messages/request";
import { ruleOf } from "../translate/messages/request-fields";
import { isAbsent, isObject } from "../translate/to-messages/read-value";
import { notWhenEnforced, threadUnsupported } from "./errors";

/** The request with only the fields that may be sent; itself when it has no others. @throws GatewayError 400 for one that must not be left out */
export function allowFields(request: MessagesRequest, isEnforced: boolean): MessagesRequest {
  if (Object.keys(request).every((field) => isAllowedAsItIs(field, request[field], isEnforced)))
    return request;
  const allowed: Record<string, JsonObject[string]> = {};
  for (const field of Object.keys(request)) {
    const value = request[field];
    if (isAbsent(value)) continue;
    const rule = ruleOf(field, isEnforced);
    if (rule === "refuse" && field === "thread") throw threadUnsupported();
    if (rule === "refuse")
      throw notWhenEnforced(field, "this gateway does not pass it on with this key; leave it out");
    if (rule === "keep") allowed[field] = field === "metadata" ? onlyUser(value) : value;
  }
  return allowed as JsonObject as MessagesRequest;
}

/** Names of the client's fields that are left out only because its key has working rules. */
export function droppedWhenEnforced(request: MessagesRequest): readonly string[] {
  return Object.keys(request).filter(
    (field) => !isAbsent(request[field]) && ruleOf(field, true) === "drop" && ruleOf(field, false) !== "drop",
  );
}

/** A member that is `undefined` is not there, so it may stay; one that is `null` would be written. */
function isAllowedAsItIs(field: string, value: JsonObject[string], isEnforced: boolean): boolean {
  if (value === undefined) return true;
  return value !== null && field !== "metadata" && ruleOf(field, isEnforced) === "keep";
}

/** The provider takes nothing but the user; labels that are meant for gateways end here. */
function onlyUser(metadata: JsonObject[string]): JsonObject | undefined {
  const user = isObject(metadata) ? metadata["user_id"] : undefined;
  return isAbsent(user) ? undefined : { user_id: user };
}
