import type { JsonObject, JsonValue } from "../../json/json-value";
import { toolKind } from "../../messages/tool-kinds";
import { isAbsent, isList, isObject } from "../to-messages/read-value";

/** Members that tools of nearly every type may have. */
const EVERY = ["type", "name", "cache_control", "allowed_callers", "defer_loading", "strict"];
const CUSTOM = ["description", "input_schema", "input_examples", "eager_input_streaming"];
const SEARCH = ["max_uses", "allowed_domains", "blocked_domains", "response_inclusion"];

/**
 * Documented members of a tool beside `EVERY`, by its type without a date. Other members never reach a provider:
 * clients of LiteLLM put addresses and credentials there (`api_base`, `api_key`, `extra_headers`).
 */
const MEMBERS: ReadonlyMap<string, readonly string[]> = new Map([
  ["custom", CUSTOM],
  ["bash", ["input_examples"]],
  ["memory", ["input_examples"]],
  ["text_editor", ["input_examples", "max_characters"]],
  ["computer", ["input_examples", "display_width_px", "display_height_px", "display_number", "enable_zoom"]],
  ["computer_toolset", ["configs"]],
  ["browser_toolset", ["configs"]],
  ["code_execution", []],
  ["tool_search_tool_regex", []],
  ["tool_search_tool_bm25", []],
  ["web_search", [...SEARCH, "user_location"]],
  ["web_fetch", [...SEARCH, "citations", "max_content_tokens", "url_sources", "use_cache"]],
  ["mcp_toolset", ["mcp_server_name", "default_config", "configs", "tools"]],
  // Not `model`: it could be one that the key may not use, and whose price nobody put aside.
  ["advisor", ["caching", "max_tokens", "max_uses"]],
]);

/** Kinds of tools that have members of their own. */
export const TOOL_KINDS: readonly string[] = [...MEMBERS.keys()];

const ALLOWED: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  [...MEMBERS].map(([type, members]) => [type, new Set([...EVERY, ...members])]),
);
/** For types that are newer than this table. */
const KNOWN: ReadonlySet<string> = new Set([...EVERY, ...[...MEMBERS.values()].flat()]);

/** Tools as they may be sent, and what was left out of them, as `tools.<member>`, each once. */
export interface AllowedTools {
  readonly tools: JsonValue | undefined;
  readonly droppedParams: readonly string[];
}

/** Leaves undocumented members out of tools, for every key. What is no list of tools is the provider's to judge. */
export function allowToolMembers(tools: JsonValue | undefined): AllowedTools {
  if (!isList(tools)) return { tools, droppedParams: [] };
  const dropped = new Set<string>();
  const allowed = tools.map((tool) => (isObject(tool) ? withoutOthers(tool, dropped) : tool));
  // The client's own list where nothing was left out of it.
  if (allowed.every((tool, index) => tool === tools[index])) return { tools, droppedParams: [] };
  return { tools: allowed, droppedParams: [...dropped] };
}

function withoutOthers(tool: JsonObject, dropped: Set<string>): JsonObject {
  const allowed = membersOf(tool["type"]);
  const names = Object.keys(tool);
  if (names.every((name) => allowed.has(name))) return tool;
  const kept: Record<string, JsonObject[string]> = {};
  for (const name of names) {
    if (allowed.has(name)) kept[name] = tool[name];
    else if (!isAbsent(tool[name])) dropped.add(`tools.${name}`);
  }
  return kept;
}

function membersOf(type: JsonValue | undefined): ReadonlySet<string> {
  return ALLOWED.get(toolKind(type) ?? "") ?? KNOWN;
}
