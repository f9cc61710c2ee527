import { requireClientTools } from "../../../../services/gateway/enforcement/require-client-tools";
import type { JsonValue } from "../../../../services/gateway/json/json-value";

const tool = (type: string) => ({ type, name: "t" });

test("tools that the client runs may be offered", () => {
  const tools = [{ name: "t" }, { type: null, name: "t" }, ...["custom", "bash_20250124"].map(tool)];
  const more = ["text_editor_20250728", "memory_20250818", "computer_20251124", "computer_toolset_20260801"];
  for (const offered of [undefined, null, [], tools, more.map(tool)])
    expect(() => requireClientTools(offered)).not.toThrow();
});

test.each<[JsonValue, string]>([
  [[{ name: "t" }, tool("web_search_20250305")], "tools.1"],
  [[tool("web_fetch_20260318")], "tools.0"],
  [[tool("code_execution_20250825")], "tools.0"],
  [[tool("tool_search_tool_regex_20251119")], "tools.0"],
  [[{ type: "mcp_toolset", mcp_server_name: "x" }], "tools.0"],
  [[tool("advisor_20260301")], "tools.0"],
  [[tool("hologram")], "tools.0"],
  [[tool("constructor")], "tools.0"],
  [[{ type: 5 }], "tools.0"],
  [["web_search"], "tools.0"],
  [{ type: "web_search_20250305" }, "tools"],
])("%j is refused", (tools, param) => {
  expect(() => requireClientTools(tools)).toThrow(
    expect.objectContaining({ status: 400, code: "enforcement_refused", param }),
  );
});
