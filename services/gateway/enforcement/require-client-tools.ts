import type { JsonValue } from "../json/json-value";
import { isClientTool } from "../messages/tool-kinds";
import { isAbsent, isList, isObject } from "../translate/to-messages/read-value";
import { notWhenEnforced } from "./errors";

/**
 * Holds a request to tools that the client runs. What the provider's own tools bring, such as pages of the web, reaches the model
 * without passing the gateway, and the features that they need are left out (`allow-betas.ts`).
 * @throws GatewayError 400 for a tool that the provider runs, or that nobody knows yet
 */
export function requireClientTools(tools: JsonValue | undefined): void {
  if (isAbsent(tools)) return;
  if (!isList(tools)) throw notWhenEnforced("tools", "must be a list");
  tools.forEach((tool, index) => {
    if (!isObject(tool)) throw notWhenEnforced(`tools.${index}`, "must be an object");
    if (isClientTool(tool["type"])) return;
    throw notWhenEnforced(
      `tools.${index}`,
      "tools that the provider runs are not passed on with this key; offer one that the client runs",
    );
  });
}
