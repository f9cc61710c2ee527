import { requirePlainBlocks } from "../../../../services/gateway/enforcement/require-plain-blocks";
import type { JsonValue } from "../../../../services/gateway/json/json-value";

const file = { type: "file", file_id: "file_1" };
const addition = { type: "tool_addition", tool: {} };

it.each<[string, JsonValue | undefined]>([
  ["text", "hi"],
  ["nothing", undefined],
  [
    "ordinary blocks",
    [
      { type: "text", text: "hi", source: "x" },
      { type: "image", source: { type: "base64", media_type: "image/png", data: "x" } },
      { type: "document", source: { type: "content", content: [{ type: "text", text: "x" }] } },
      {
        type: "tool_result",
        tool_use_id: "a",
        content: [{ type: "search_result", source: "x", content: [] }],
      },
      { type: "web_search_tool_result", content: { type: "web_search_tool_result_error" } },
      { type: "tool_use", input: { content: [addition], source: file } },
    ],
  ],
])("takes %s", (_name, content) => expect(() => requirePlainBlocks(content, "c")).not.toThrow());

it.each<[string, JsonValue, string]>([
  ["a change of tools", [addition], "c.0"],
  [
    "a summary of what was said",
    [
      { type: "text", text: "x" },
      { type: "compaction", content: "x" },
    ],
    "c.1",
  ],
  ["one in a result", [{ type: "tool_result", content: [addition] }], "c.0.content.0"],
  ["one in a document", [{ type: "document", source: { content: [addition] } }], "c.0.source.content.0"],
  ["a file", [{ type: "document", source: file }], "c.0.source"],
  ["a file of another type", [{ type: "image", source: { type: "x", file_id: "f" } }], "c.0.source"],
  [
    "a file in a result",
    [{ type: "tool_result", content: [{ type: "image", source: file }] }],
    "c.0.content.0.source",
  ],
  ["a type that is no name", [{ type: ["text"] }], "c.0.type"],
])("refuses %s", (_name, content, param) =>
  expect(() => requirePlainBlocks(content, "c")).toThrow(
    expect.objectContaining({ status: 400, code: "enforcement_refused", param }),
  ),
);
