import type { JsonObject, JsonValue } from "../../json/json-value";
import {
  isAbsent,
  isObject,
  quote,
  requireList,
  requireObject,
  requireText,
  textIn,
} from "../to-messages/read-value";
import type { ToolChoice, ToolSelection } from "../to-messages/tool-choice";
import { notSupported, TranslationError } from "../translation-error";
import { flatName } from "./client-tools";

/** `tool_choice` and `parallel_tool_calls`. @throws TranslationError for a choice that this API does not have */
export function readSelection(body: JsonObject): ToolSelection {
  const isParallel = body["parallel_tool_calls"] !== false;
  const choice = body["tool_choice"];
  if (!isObject(choice)) return { choice: readMode(choice, "tool_choice"), isParallel };
  const type = textIn(choice["type"]);
  if (type === "function" || type === "custom")
    return { choice: readNamed(choice, "tool_choice"), isParallel };
  if (type !== "allowed_tools") {
    throw notSupported(
      "tool_choice.type",
      `choose auto, none, required, a function, a custom tool or allowed_tools, not ${quote(type ?? "")}`,
    );
  }
  const allowed = requireList(choice["tools"], "tool_choice.tools").flatMap((tool, index) => {
    const path = `tool_choice.tools.${index}`;
    const entry = requireObject(tool, path);
    const named = ["function", "custom"].includes(textIn(entry["type"]) ?? "");
    // Others are not offered at all, so leaving them out changes nothing.
    return named ? [{ name: readName(entry, path), path: `${path}.name` }] : [];
  });
  return { choice: readMode(choice["mode"], "tool_choice.mode"), allowed, isParallel };
}

function readMode(mode: JsonValue | undefined, path: string): ToolChoice {
  if (isAbsent(mode)) return { kind: "auto" };
  const kind = textIn(mode);
  if (kind === "auto" || kind === "none" || kind === "required") return { kind };
  throw new TranslationError(
    path,
    `${path} must be auto, none, required or an object, not ${quote(kind ?? "")}`,
  );
}

function readNamed(choice: JsonObject, path: string): ToolChoice {
  return { kind: "tool", name: readName(choice, path), path: `${path}.name` };
}

function readName(entry: JsonObject, path: string): string {
  return flatName(requireText(entry["name"], `${path}.name`), textIn(entry["namespace"]));
}
