import { isClientTool, toolKind } from "../../../../../services/gateway/wire/internal/request";

test.each<[unknown, string | undefined, boolean]>([
  [undefined, "custom", true],
  [null, "custom", true],
  ["custom", "custom", true],
  ["bash_20250124", "bash", true],
  ["text_editor_20250728", "text_editor", true],
  ["web_search_20250305", "web_search", false],
  ["code_execution_20250825", "code_execution", false],
  ["not_known_yet", "not_known_yet", false],
  ["", "", false],
  [5, undefined, false],
  [["custom"], undefined, false],
])("a tool of type %j is of kind %j, run by the client: %s", (type, kind, isOfClient) => {
  expect(toolKind(type)).toBe(kind);
  expect(isClientTool(type)).toBe(isOfClient);
});
