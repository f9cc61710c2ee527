import type { JsonObject, JsonValue } from "../../json/json-value";
import {
  isAbsent,
  isObject,
  kindOf,
  quote,
  requireList,
  requireObject,
  requireText,
  textIn,
} from "../to-messages/read-value";
import type { ToolChoice, ToolSelection } from "../to-messages/tool-choice";
import { notSupported, TranslationError } from "../translation-error";

/** `tool_choice` and `parallel_tool_calls`, or the older `function_call`, which means one call at most. @throws TranslationError */
export function readToolSelection(body: JsonObject, isLegacy: boolean): ToolSelection {
  const isParallel = !isLegacy && readParallel(body["parallel_tool_calls"]);
  const choice = body["tool_choice"];
  if (isAbsent(choice)) return { choice: readFunctionCall(body["function_call"]), isParallel };
  if (isObject(choice) && textIn(choice["type"]) === "allowed_tools") {
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
    `parallel_tool_calls must be true or false, not ${kindOf(value)}`,
  );
}

function readFunctionCall(value: JsonValue | undefined): ToolChoice | undefined {
  if (isAbsent(value)) return undefined;
  if (!isObject(value)) return readChoice(value, "function_call");
  return { kind: "tool", name: requireText(value["name"], "function_call.name"), path: "function_call.name" };
}

function readChoice(value: JsonValue, path: string): ToolChoice {
  if (!isObject(value)) return readMode(value, path);
  const type = textIn(value["type"]) ?? "function";
  if (type !== "function")
    throw notSupported(`${path}.type`, `function and allowed_tools can be chosen, not ${quote(type)}`);
  return { kind: "tool", ...readName(value, path) };
}

function readMode(value: JsonValue | undefined, path: string): ToolChoice {
  const mode = textIn(value);
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
