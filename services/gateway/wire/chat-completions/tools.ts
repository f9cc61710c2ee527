import {
  isAbsent,
  isObject,
  kindOf,
  notSupported,
  quote,
  requireList,
  requireObject,
  requireText,
  stringIn,
  TranslationError,
} from "../../json/client-value";
import type { JsonObject, JsonValue } from "../../json/json-value";
import { isText } from "../../json/text";
import { readCacheControl } from "../shared/cache-control";
import type { DroppedMembers } from "../shared/request-params";
import { readToolExtras, type ToolChoice, type ToolDefinition, type ToolSelection } from "../shared/tools";

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
  const type = stringIn(tool["type"]) ?? "function";
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
      `${path}.description must be a string, not ${kindOf(description)}`,
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

/** `tool_choice` and `parallel_tool_calls`, or the older `function_call`, which means one call at most. @throws TranslationError */
export function readToolSelection(body: JsonObject, isLegacy: boolean): ToolSelection {
  const isParallel = !isLegacy && readParallel(body["parallel_tool_calls"]);
  const choice = body["tool_choice"];
  if (isAbsent(choice)) return { choice: readFunctionCall(body["function_call"]), isParallel };
  if (isObject(choice) && stringIn(choice["type"]) === "allowed_tools") {
    // Nested in chat completions; some clients send it as the Responses API has it.
    const nested = choice["allowed_tools"];
    const path = isAbsent(nested) ? "tool_choice" : "tool_choice.allowed_tools";
    return { ...readAllowedTools(isAbsent(nested) ? choice : requireObject(nested, path), path), isParallel };
  }
  return { choice: readChoice(choice, "tool_choice"), isParallel };
}

function readParallel(value: JsonValue | undefined): boolean {
  if (isAbsent(value)) return true;
  if (typeof value === "boolean") return value;
  throw new TranslationError(
    "parallel_tool_calls",
    `parallel_tool_calls must be a boolean, not ${kindOf(value)}`,
  );
}

function readFunctionCall(value: JsonValue | undefined): ToolChoice | undefined {
  if (isAbsent(value)) return undefined;
  if (!isObject(value)) return readChoice(value, "function_call");
  return { kind: "tool", name: requireText(value["name"], "function_call.name"), path: "function_call.name" };
}

function readChoice(value: JsonValue, path: string): ToolChoice {
  if (!isObject(value)) return readMode(value, path);
  const type = stringIn(value["type"]) ?? "function";
  if (type !== "function")
    throw notSupported(`${path}.type`, `function and allowed_tools can be chosen, not ${quote(type)}`);
  return { kind: "tool", ...readName(value, path) };
}

function readMode(value: JsonValue | undefined, path: string): ToolChoice {
  const mode = stringIn(value);
  if (mode === "auto" || mode === "none" || mode === "required") return { kind: mode };
  const found = mode === undefined ? kindOf(value) : quote(mode);
  throw new TranslationError(
    path,
    `${path} must be auto, none, required or an object that names a function, not ${found}`,
  );
}

function readAllowedTools(given: JsonObject, path: string): Pick<ToolSelection, "choice" | "allowed"> {
  const tools = requireList(given["tools"], `${path}.tools`);
  if (tools.length === 0)
    throw new TranslationError(`${path}.tools`, `${path}.tools must name at least one tool`);
  return {
    choice: isAbsent(given["mode"]) ? undefined : readMode(given["mode"], `${path}.mode`),
    allowed: tools.map((tool, index) =>
      readName(requireObject(tool, `${path}.tools.${index}`), `${path}.tools.${index}`),
    ),
  };
}

function readName(tool: JsonObject, path: string): { readonly name: string; readonly path: string } {
  const nested = tool["function"];
  const place = isAbsent(nested) ? `${path}.name` : `${path}.function.name`;
  const owner = isAbsent(nested) ? tool : requireObject(nested, `${path}.function`);
  return { name: requireText(owner["name"], place), path: place };
}
