import {
  isAbsent,
  isList,
  isObject,
  notSupported,
  quote,
  requireList,
  requireObject,
  requireText,
  stringIn,
  TranslationError,
  textIn,
} from "../../json/client-value";
import type { JsonObject, JsonValue, Text } from "../../json/json-value";
import { textOf } from "../../json/text";
import { cacheControlOf } from "../shared/cache-control";
import type { DroppedMembers } from "../shared/request-params";
import {
  readToolExtras,
  type ToolChoice,
  type ToolDefinition,
  type ToolSelection,
  upstreamToolName,
} from "../shared/tools";
import { CUSTOM_INPUT } from "./custom-input";
import type { ClientTool } from "./response-object";

/** The tools of a request, in the order in which the client offers them. */
interface ClientTools {
  /** Names are those of `flatName`. */
  readonly definitions: readonly ToolDefinition[];
  /** Name that is sent → the client's tool, where the answer must tell it otherwise. */
  readonly byUpstreamName: ReadonlyMap<string, ClientTool>;
  readonly droppedParams: readonly string[];
}

/** Tools that OpenAI runs, or for which its models are trained: no other model knows them. */
const HOSTED = new Set([
  "apply_patch",
  "code_interpreter",
  "computer",
  "computer_use_preview",
  "file_search",
  "image_generation",
  "local_shell",
  "mcp",
  "programmatic_tool_calling",
  "shell",
  "tool_search",
  "web_search",
  "web_search_2025_08_26",
  "web_search_preview",
  "web_search_preview_2025_03_11",
]);

/** One name for a tool inside a namespace: two namespaces may hold tools of the same name. */
export function flatName(name: string, namespace: string | undefined): string {
  return namespace === undefined ? name : `${namespace}__${name}`;
}

/** A list of tools, and where it stands in the request. */
export interface ToolList {
  readonly tools: JsonValue | undefined;
  readonly path: string;
}

/**
 * @param own the request's `tools`
 * @param later those that items bring along; one that is there already is not added again
 * @throws TranslationError for a tool that cannot be offered, unless it may be dropped
 */
export function readTools(
  own: ToolList,
  later: readonly ToolList[],
  mayDrop: boolean,
  dropped: DroppedMembers,
): ClientTools {
  const reader = new ToolReader(mayDrop, dropped);
  reader.readList(own.tools ?? [], own.path, undefined);
  reader.skipsKnown = true;
  for (const { tools, path } of later) reader.readList(tools ?? [], path, undefined);
  return reader;
}

class ToolReader implements ClientTools {
  readonly definitions: ToolDefinition[] = [];
  readonly byUpstreamName = new Map<string, ClientTool>();
  readonly droppedParams: string[] = [];
  /** Otherwise a name that comes twice is the client's mistake, and refused later. */
  skipsKnown = false;
  readonly #names = new Set<string>();

  constructor(
    readonly mayDrop: boolean,
    readonly dropped: DroppedMembers,
  ) {}

  readList(tools: JsonValue, path: string, namespace: string | undefined): void {
    requireList(tools, path).forEach((tool, index) => {
      this.#read(requireObject(tool, `${path}.${index}`), `${path}.${index}`, namespace);
    });
  }

  #read(tool: JsonObject, path: string, namespace: string | undefined): void {
    const type = stringIn(tool["type"]) ?? "";
    if (type === "function") {
      this.#add(tool, "function", path, namespace, textIn(tool["description"]), tool["parameters"]);
    } else if (type === "custom") {
      this.#add(tool, "custom", path, namespace, describeCustom(tool), CUSTOM_SCHEMA);
    } else if (type === "namespace" && namespace === undefined) {
      this.dropped.addOthers(tool, NAMESPACE_MEMBERS, "tools.namespace");
      this.readList(tool["tools"] ?? [], `${path}.tools`, requireText(tool["name"], `${path}.name`));
    } else if (HOSTED.has(type) && this.mayDrop) {
      if (!this.droppedParams.includes(`tools.${type}`)) this.droppedParams.push(`tools.${type}`);
    } else refuseTool(type, path);
  }

  /** Programs that call tools are OpenAI's here, and no other model writes them; Anthropic has the same name for its own. */
  #withoutCallers(tool: JsonObject): JsonObject {
    const callers = tool["allowed_callers"];
    if (isAbsent(callers)) return tool;
    if (!isList(callers) || callers.some((caller) => stringIn(caller) !== "direct"))
      this.dropped.add("tools.allowed_callers");
    return { ...tool, allowed_callers: undefined };
  }

  #add(
    tool: JsonObject,
    kind: ClientTool["kind"],
    path: string,
    namespace: string | undefined,
    description: Text | undefined,
    parameters: JsonValue | undefined,
  ): void {
    const name = requireText(tool["name"], `${path}.name`);
    const flat = flatName(name, namespace);
    if (this.skipsKnown && this.#names.has(flat)) return;
    this.#names.add(flat);
    this.dropped.addOthers(tool, MEMBERS[kind], "tools");
    const extras = readToolExtras(this.#withoutCallers(tool));
    const cacheControl = cacheControlOf(tool).cache_control;
    this.definitions.push({ name: flat, description, parameters, cacheControl, extras, path });
    const sent = upstreamToolName(flat);
    if (kind === "custom" || sent !== name) this.byUpstreamName.set(sent, { kind, name, namespace });
  }
}

const COMMON = ["type", "name", "description", "cache_control", "allowed_callers"];
/** What is read of a tool. `defer_loading` is not: its model would have to find the tool with one that only OpenAI runs. */
const MEMBERS: Readonly<Record<ClientTool["kind"], ReadonlySet<string>>> = {
  function: new Set([...COMMON, "parameters", "strict", "eager_input_streaming", "input_examples"]),
  custom: new Set([...COMMON, "format"]),
};
const NAMESPACE_MEMBERS: ReadonlySet<string> = new Set(["type", "name", "tools"]);

function refuseTool(type: string, path: string): never {
  const orDrop = HOSTED.has(type) ? ", or let the gateway set litellm_settings.drop_params" : "";
  throw notSupported(
    `${path}.type`,
    `offer tools of type function, custom or namespace, not ${quote(type)}${orDrop}`,
  );
}

const CUSTOM_SCHEMA: JsonObject = {
  type: "object",
  properties: { [CUSTOM_INPUT]: { type: "string", description: "The whole text for the tool, as it is." } },
  required: [CUSTOM_INPUT],
  additionalProperties: false,
};

/** Models outside OpenAI write JSON for a tool, so they are told where its text goes, and in which grammar. */
function describeCustom(tool: JsonObject): Text {
  const given = textIn(tool["description"]);
  const grammar = isObject(tool["format"]) ? tool["format"] : {};
  const definition = textIn(grammar["definition"]);
  return [
    given === undefined ? "" : textOf(given),
    `The tool takes free text: put it into "${CUSTOM_INPUT}" as it is.`,
    definition === undefined
      ? ""
      : `The text must follow this grammar (${stringIn(grammar["syntax"]) ?? "grammar"}):\n${textOf(definition)}`,
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

/** `tool_choice` and `parallel_tool_calls`. @throws TranslationError for a choice that this API does not have */
export function readSelection(body: JsonObject): ToolSelection {
  const isParallel = body["parallel_tool_calls"] !== false;
  const choice = body["tool_choice"];
  if (!isObject(choice)) return { choice: readMode(choice, "tool_choice"), isParallel };
  const type = stringIn(choice["type"]);
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
    const named = ["function", "custom"].includes(stringIn(entry["type"]) ?? "");
    // Others are not offered at all, so leaving them out changes nothing.
    return named ? [{ name: readName(entry, path), path: `${path}.name` }] : [];
  });
  return { choice: readMode(choice["mode"], "tool_choice.mode"), allowed, isParallel };
}

function readMode(mode: JsonValue | undefined, path: string): ToolChoice {
  if (isAbsent(mode)) return { kind: "auto" };
  const kind = stringIn(mode);
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
  return flatName(requireText(entry["name"], `${path}.name`), stringIn(entry["namespace"]));
}
