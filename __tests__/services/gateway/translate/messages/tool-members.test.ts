import type { JsonObject } from "../../../../../services/gateway/json/json-value";
import { allowToolMembers } from "../../../../../services/gateway/translate/messages/tool-members";

const schema = { type: "object", properties: { api_key: { type: "string" } } };
const mark = { type: "ephemeral" };
const SECRETS = { api_base: "http://x", api_key: "k", extra_headers: { a: "b" }, litellm_params: {} };

it.each<[string, JsonObject]>([
  ["custom", { name: "f", description: "d", input_schema: schema, strict: true, cache_control: mark }],
  ["custom, by name", { type: "custom", name: "f", input_schema: schema, eager_input_streaming: true }],
  [
    "custom, null",
    { type: null, name: "f", input_schema: schema, input_examples: [{}], defer_loading: true },
  ],
  ["bash", { type: "bash_20250124", name: "bash" }],
  ["editor", { type: "text_editor_20250728", name: "str_replace_based_edit_tool", max_characters: 5 }],
  ["computer", { type: "computer_20251124", name: "computer", display_width_px: 1, display_height_px: 1 }],
  ["search of tools", { type: "tool_search_tool_bm25_20251119", name: "t", allowed_callers: ["direct"] }],
  ["search of tools, no date", { type: "tool_search_tool_regex", name: "t" }],
  [
    "web search",
    { type: "web_search_20260318", name: "w", max_uses: 1, user_location: {}, allowed_domains: [] },
  ],
  ["web fetch", { type: "web_fetch_20260318", name: "w", citations: {}, use_cache: false }],
  ["toolset", { type: "browser_toolset_20260801", configs: {} }],
  ["toolset of a server", { type: "mcp_toolset", mcp_server_name: "m", default_config: {}, configs: {} }],
  ["of the future", { type: "browser_20300101", name: "b", max_uses: 1, input_schema: schema }],
])("%s: keeps its members, and no others", (_kind, tool) => {
  const tools = [tool];
  expect(allowToolMembers(tools).tools).toBe(tools);
  expect(allowToolMembers([{ ...tool, ...SECRETS }])).toEqual({
    tools: [tool],
    droppedParams: ["tools.api_base", "tools.api_key", "tools.extra_headers", "tools.litellm_params"],
  });
});

it.each<[string, JsonObject, JsonObject, string[]]>([
  ["another type's", { name: "f", max_uses: 1 }, { name: "f" }, ["tools.max_uses"]],
  [
    "another model",
    { type: "advisor_20260301", name: "advisor", model: "claude-x" },
    { type: "advisor_20260301", name: "advisor" },
    ["tools.model"],
  ],
  ["OpenAI's form", { type: "function", function: { name: "f" } }, { type: "function" }, ["tools.function"]],
  ["nothing of consequence", { name: "f", api_key: null }, { name: "f" }, []],
])("drops %s", (_name, tool, sent, droppedParams) => {
  expect(allowToolMembers([tool])).toEqual({ tools: [sent], droppedParams });
});

it("names each member once, and leaves other tools as they are", () => {
  const plain = { name: "g", input_schema: schema };
  const { tools, droppedParams } = allowToolMembers([{ name: "f", a: 1 }, plain, { name: "h", a: 2, b: 3 }]);
  expect(tools).toEqual([{ name: "f" }, plain, { name: "h" }]);
  expect((tools as object[])[1]).toBe(plain);
  expect(droppedParams).toEqual(["tools.a", "tools.b"]);
});

it.each([undefined, null, "x", 5, {}, [null, "x", 5, []]])("leaves %p to the provider", (tools) => {
  expect(allowToolMembers(tools as never)).toEqual({ tools, droppedParams: [] });
});
