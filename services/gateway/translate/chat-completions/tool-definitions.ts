import type { JsonObject, JsonValue } from "../../json/json-value";
import { isText } from "../../json/text";
import { readCacheControl } from "../to-messages/cache-control";
import {
  isAbsent,
  kindOf,
  quote,
  requireList,
  requireObject,
  requireText,
  textIn,
} from "../to-messages/read-value";
import type { ToolDefinition } from "../to-messages/tools";
import { notSupported, TranslationError } from "../translation-error";

/** The tools of a request: `tools`, or the older `functions`. @throws TranslationError */
export function readToolDefinitions(body: JsonObject): readonly ToolDefinition[] {
  const { tools, functions } = body as { readonly [name: string]: JsonValue | undefined };
  if (isAbsent(functions)) return isAbsent(tools) ? [] : requireList(tools, "tools").map(readTool);
  const list = requireList(functions, "functions");
  if (!isAbsent(tools) && list.length > 0) {
    throw new TranslationError("functions", "functions cannot be sent together with tools; send tools alone");
  }
  if (!isAbsent(tools)) return requireList(tools, "tools").map(readTool);
  return list.map((value, index) => readFunction(value, `functions.${index}`, undefined));
}

function readTool(value: JsonValue, index: number): ToolDefinition {
  const path = `tools.${index}`;
  const tool = requireObject(value, path);
  const type = textIn(tool["type"]) ?? "function";
  if (type !== "function") throw notSupported(path, `tools of type function can be sent, not ${quote(type)}`);
  return readFunction(tool["function"], `${path}.function`, readCacheControl(tool["cache_control"]));
}

function readFunction(
  value: JsonValue | undefined,
  path: string,
  cacheControl: JsonObject | undefined,
): ToolDefinition {
  const given = requireObject(value, path);
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
    cacheControl: cacheControl ?? readCacheControl(given["cache_control"]),
    path,
  };
}
