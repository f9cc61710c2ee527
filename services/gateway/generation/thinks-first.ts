import type { MessagesRequest } from "../messages/request";
import type { Deployment } from "../routing/deployment";
import { findCapabilities } from "../translate/to-messages/model-capabilities";
import { isObject } from "../translate/to-messages/read-value";

/** Whether the model of a deployment is to think before it answers a request, which takes its time. */
export function thinksFirst(
  { thinking }: MessagesRequest,
  { baseModel, upstreamModel }: Pick<Deployment, "baseModel" | "upstreamModel">,
): boolean {
  return isObject(thinking)
    ? thinking["type"] !== "disabled"
    : findCapabilities(baseModel ?? upstreamModel).thinksByDefault;
}
