import {
  isAbsent,
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
import { isText, textOf } from "../../json/text";
import type { ContentBlock, MessagesTarget, TextBlock } from "../internal/request";
import {
  dropBlank,
  frameInstruction,
  isThinking,
  type ToolUseBlock,
  type TurnItem,
  toToolInput,
} from "../shared/conversation";
import type { DroppedMembers } from "../shared/request-params";
import { upstreamToolName } from "../shared/tools";
import { readContent, textBlock } from "./content-parts";
import { CUSTOM_INPUT } from "./custom-input";
import { MAX_ENVELOPE_LENGTH, openReasoning } from "./reasoning-envelope";
import { flatName, type ToolList } from "./tools";

/** The conversation of a request. */
interface ReadInput {
  /** Texts of system and developer messages before all other items; blank ones too. */
  readonly system: readonly TextBlock[];
  readonly items: readonly TurnItem[];
  /** Tools that items bring along, with their paths. */
  readonly tools: readonly ToolList[];
  readonly droppedParams: readonly string[];
  /** Where the last item stands. */
  readonly lastPath: string;
}

/** `input`: text, or a list of items. @throws TranslationError for items that cannot be said */
export function readInput(
  input: JsonValue | undefined,
  target: MessagesTarget,
  dropped: DroppedMembers,
): ReadInput {
  const reader = new InputReader(target, dropped);
  if (isText(input)) reader.items.push({ kind: "user", blocks: [textBlock(input)] });
  else if (!isAbsent(input))
    requireList(input, "input").forEach((item, index) => {
      reader.read(item, `input.${index}`);
    });
  reader.endTurn();
  return reader;
}

/** Types of items that are read member by member. */
const READ_TYPES: ReadonlySet<string> = new Set([
  ...["message", "function_call", "custom_tool_call", "function_call_output", "custom_tool_call_output"],
]);
/** What is read of them, beside ids and states that only mean something where items are kept. */
const MEMBERS: ReadonlySet<string> = new Set([
  ...["type", "role", "content", "name", "namespace", "call_id", "arguments", "input", "output"],
  ...["id", "status"],
]);

class InputReader implements ReadInput {
  readonly system: TextBlock[] = [];
  readonly items: TurnItem[] = [];
  readonly tools: ToolList[] = [];
  readonly droppedParams: string[] = [];
  lastPath = "input";
  /** What the assistant said in neighbouring items: one turn, in which thinking belongs to what follows it. */
  #said: ContentBlock[] = [];

  constructor(
    readonly target: MessagesTarget,
    readonly dropped: DroppedMembers,
  ) {}

  read(value: JsonValue, path: string): void {
    const item = requireObject(value, path);
    // Messages may leave their type out.
    const type = isAbsent(item["type"]) && item["role"] !== undefined ? "message" : stringIn(item["type"]);
    this.lastPath = path;
    if (type !== undefined && READ_TYPES.has(type)) this.dropped.addOthers(item, MEMBERS, "input");
    switch (type) {
      case "message":
        this.#readMessage(item, path);
        break;
      case "reasoning":
        if (!this.#readReasoning(item["encrypted_content"])) this.dropped.add("input.reasoning");
        break;
      case "function_call":
        this.#readCall(item, path, toToolInput(item["arguments"], `${path}.arguments`, this.target));
        break;
      case "custom_tool_call":
        this.#readCall(item, path, { [CUSTOM_INPUT]: isText(item["input"]) ? item["input"] : "" });
        break;
      case "function_call_output":
      case "custom_tool_call_output":
        this.#readOutput(item, path);
        break;
      case "additional_tools":
        this.tools.push({ tools: item["tools"], path: `${path}.tools` });
        break;
      default:
        this.#judge(type, item, path);
    }
  }

  /** Thinking after which nothing was said cannot be sent. */
  endTurn(): void {
    const said = dropBlank(this.#said);
    const last = said.findLastIndex((block) => !isThinking(block));
    if (last >= 0) this.items.push({ kind: "assistant", blocks: said.slice(0, last + 1) });
    this.#said = [];
  }

  #readMessage(item: JsonObject, path: string): void {
    const role = stringIn(item["role"]);
    const content = (owner: "system" | "user" | "assistant") =>
      readContent(item["content"], `${path}.content`, owner, this);
    if (role === "system" || role === "developer") this.#instruct(content("system") as TextBlock[]);
    else if (role === "assistant") this.#said.push(...content("assistant"));
    else if (role === "user") {
      this.endTurn();
      this.items.push({ kind: "user", blocks: content("user") });
    } else {
      const found = role === undefined ? kindOf(item["role"]) : quote(role);
      throw new TranslationError(
        `${path}.role`,
        `${path}.role must be system, developer, user or assistant, not ${found}`,
      );
    }
  }

  /** Behind other items an instruction stays at its place. Thinking keeps waiting for the item it belongs to. */
  #instruct(texts: readonly TextBlock[]): void {
    if (this.items.length === 0 && this.#said.length === 0) {
      this.system.push(...texts);
      return;
    }
    if (!this.#said.every(isThinking)) this.endTurn();
    this.items.push({ kind: "user", blocks: frameInstruction(texts) });
  }

  /**
   * Reasoning of another model or gateway is left out: nobody but its maker could read it.
   * @returns whether it is sent
   */
  #readReasoning(sealed: JsonValue | undefined): boolean {
    if (!isText(sealed)) return false;
    const length = typeof sealed === "string" ? sealed.length : sealed.escaped.length;
    const block =
      length > 2 * MAX_ENVELOPE_LENGTH ? undefined : openReasoning(textOf(sealed), this.target.upstreamModel);
    if (block !== undefined) this.#said.push({ ...block });
    return block !== undefined;
  }

  #readCall(item: JsonObject, path: string, input: JsonObject): void {
    const name = flatName(requireText(item["name"], `${path}.name`), stringIn(item["namespace"]));
    const call: ToolUseBlock = {
      type: "tool_use",
      id: stringIn(item["call_id"]) ?? "",
      name: upstreamToolName(name),
      input,
    };
    this.#said.push(call);
  }

  #readOutput(item: JsonObject, path: string): void {
    this.endTurn();
    const output = item["output"];
    const content = isText(output) ? output : readContent(output, `${path}.output`, "tool", this);
    this.items.push({
      kind: "result",
      callId: stringIn(item["call_id"]) ?? "",
      content,
      isError: false,
      cacheControl: undefined,
    });
  }

  #judge(type: string | undefined, item: JsonObject, path: string): void {
    const verdict = type === undefined ? undefined : verdictOf(type);
    if (type === undefined || verdict === undefined) {
      const found = type === undefined ? kindOf(item["type"]) : quote(type);
      throw new TranslationError(
        `${path}.type`,
        `${path}.type must be a type of item, such as message, not ${found}`,
      );
    }
    if (verdict.kind === "refused") throw notSupported(`${path} of type ${type}`, verdict.remedy);
    if (!this.target.mayDropParams) {
      throw notSupported(
        `${path} of type ${type}`,
        "remove it, or let the gateway set litellm_settings.drop_params",
      );
    }
    const name = `input.${type}`;
    if (!this.droppedParams.includes(name)) this.droppedParams.push(name);
  }
}

/** How the items of a conversation that are not translated are handled. */
type Verdict =
  /** The model misses nothing that it must know: left out when the operator allows it. */
  | { readonly kind: "droppable" }
  /** Without it the conversation would be another one. */
  | { readonly kind: "refused"; readonly remedy: string };

const DROPPABLE: Verdict = { kind: "droppable" };
const SEND_CALLS: Verdict = {
  kind: "refused",
  remedy: "offer the tool as a function or a custom tool, and send its calls as such",
};

/** Items of the API that have no counterpart, by their type. What OpenAI's own tools found is in the text after them. */
const VERDICTS: ReadonlyMap<string, Verdict> = new Map<string, Verdict>([
  ["apply_patch_call", SEND_CALLS],
  ["apply_patch_call_output", SEND_CALLS],
  ["code_interpreter_call", DROPPABLE],
  ["compaction", { kind: "refused", remedy: "only OpenAI can decrypt it; send the conversation itself" }],
  ["compaction_trigger", { kind: "refused", remedy: "shorten the conversation in the client" }],
  ["computer_call", SEND_CALLS],
  ["computer_call_output", SEND_CALLS],
  ["configuration_update", DROPPABLE],
  ["file_search_call", DROPPABLE],
  ["image_generation_call", DROPPABLE],
  ["item_reference", { kind: "refused", remedy: "items are not stored, so send the item itself" }],
  ["local_shell_call", SEND_CALLS],
  ["local_shell_call_output", SEND_CALLS],
  ["mcp_approval_request", DROPPABLE],
  ["mcp_approval_response", DROPPABLE],
  ["mcp_call", DROPPABLE],
  ["mcp_list_tools", DROPPABLE],
  ["program", DROPPABLE],
  ["program_output", DROPPABLE],
  ["shell_call", SEND_CALLS],
  ["shell_call_output", SEND_CALLS],
  ["tool_search_call", DROPPABLE],
  ["tool_search_output", DROPPABLE],
  ["web_search_call", DROPPABLE],
]);

/** `undefined` for a type that the API does not have. */
function verdictOf(type: string): Verdict | undefined {
  return VERDICTS.get(type);
}
