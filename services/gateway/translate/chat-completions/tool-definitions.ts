import type { JsonObject, JsonValue } from "../../json/json-value";
import { isText } from "../../json/text";
import { readCacheControl } from "../to-messages/cache-control";
import type { DroppedMembers } from "../to-messages/dropped-members";
import {
  isAbsent,
  kindOf,
  quote,
  requireList,
  requireObject,
  requireText,
  textIn,
} from "../to-messages/read-value";
import { readToolExtras } from "../to-messages/tool-extras";
import type { ToolDefinition } from "../to-messages/tools";
import { notSupported, TranslationError } from "../translation-error";

/** The tools of a request: `tools`, or the older `functions`. @throws TranslationError */
export function readToolDefinitions(body: JsonObject, dropped: DroppedMembers): readonly ToolDefinition[] {
  const { tools, functions } = body as { readonly [name: string]: JsonValue | undefined };
  const read = (value: JsonValue, index: number) => readTool(value, index, dropped);
  if (isAbsent(functions)) return isAbsent(tools) ? [] : requireList(tools, "tools").map(read);
  const list = requireList(functions, "functions");
  if (!isAbsent(tools) && list.length > 0) {
    throw new TranslationError("functions", "functions cannot be sent together with tools; send tools alone");
  }
  if (!isAbsent(tools)) return requireList(tools, "tools").map(read);
  return list.map((value, index) => readFunction(value, `functions.${index}`, NO_TOOL, dropped));
}

const NO_TOOL: JsonObject = {};
/** What is read of a tool, and of its function; clients of LiteLLM write Anthropic's members into either. */
const MEMBERS: ReadonlySet<string> = new Set([
  ...["type", "function", "name", "description", "parameters", "strict", "cache_control"],
  ...["allowed_callers", "eager_input_streaming", "input_examples"],
]);

function readTool(value: JsonValue, index: number, dropped: DroppedMembers): ToolDefinition {
  const path = `tools.${index}`;
  const tool = requireObject(value, path);
  const type = textIn(tool["type"]) ?? "function";
  if (type !== "function") throw notSupported(path, `tools of type function can be sent, not ${quote(type)}`);
  dropped.addOthers(tool, MEMBERS, "tools");
  return readFunction(tool["function"], `${path}.function`, tool, dropped);
}

function readFunction(
  value: JsonValue | undefined,
  path: string,
  tool: JsonObject,
  dropped: DroppedMembers,
): ToolDefinition {
  const given = requireObject(value, path);
  dropped.addOthers(given, MEMBERS, "tools");
  const description = given["description"];
  if (!isAbsent(description) && !isText(description)) {
    throw new TranslationError(
      `${path}.description`,
      `${path}.description must be text, not ${kindOf(description)}`,
    );
  }
  return {
    name: requireText(given["name"], `${path}.name`),
    description: description ?? undefined,
    parameters: given["parameters"],
    cacheControl: readCacheControl(tool["cache_control"]) ?? readCacheControl(given["cache_control"]),
    extras: readToolExtras(given, tool),
    path,
  };
}
