import type { ClientTool, ResponsesAnswerPlan } from "./answer-plan";
import { CustomCallItem } from "./custom-call-item";
import { encodeJson, encodeText } from "./encode-json";
import type { EventWriter } from "./event-writer";
import { FunctionCallItem } from "./function-call-item";
import { MessageItem } from "./message-item";
import type { ItemPlace, ItemStatus, OutputItem } from "./output-item";
import type { ContentDelta } from "./read-delta";
import { ReasoningItem } from "./reasoning-item";

/** A content block as an event or a whole message has it, not trusted. */
export type SourceBlock = Readonly<Record<string, unknown>>;

/** The deltas that a block takes, and how its item is made at its first content. */
interface OpenBlock {
  readonly deltaType: "text_delta" | "thinking_delta" | "input_json_delta";
  readonly begin: () => OutputItem;
}

/**
 * The content blocks of a message → the items of a response. All functions give the events that tell the client of it.
 * The last item stays open until another begins or the answer ends, since only then it is known whether it is whole.
 */
export class Output {
  readonly #items: OutputItem[] = [];
  #block: OpenBlock | undefined;
  /** Announced and not ended; always the last one. */
  #open: OutputItem | undefined;

  /** @param key makes ids unique: letters and digits of the request's id */
  constructor(
    readonly events: EventWriter,
    readonly key: string,
    readonly plan: ResponsesAnswerPlan,
  ) {}

  /** A block begins. Blocks that a response cannot hold are left out with all their content. */
  startBlock(block: SourceBlock): string {
    const ended = this.#end("completed");
    switch (block["type"]) {
      case "text":
        return ended + this.#startText(() => this.#message("output_text"), "text_delta", block["text"]);
      case "thinking":
        return ended + this.#startText(() => this.#reasoning(undefined), "thinking_delta", block["thinking"]);
      case "redacted_thinking":
        return ended + this.#begin(this.#reasoning(String(block["data"] ?? "")));
      case "tool_use":
        return ended + this.#startCall(block);
      default:
        this.#block = undefined;
        return ended;
    }
  }

  /** A piece of the block that was begun last. */
  push({ type, escaped }: ContentDelta): string {
    const block = this.#block;
    if (block === undefined || escaped === "") return "";
    const isSignature = type === "signature_delta" && block.deltaType === "thinking_delta";
    if (type !== block.deltaType && !isSignature) return "";
    const begun = this.#open === undefined ? this.#begin(block.begin()) : "";
    const item = this.#open as OutputItem | undefined;
    if (isSignature) {
      (item as ReasoningItem).sign(escaped);
      return begun;
    }
    return begun + (item as OutputItem).push(escaped);
  }

  /** The model refused: an item with its reason. */
  refuse(reason: string): string {
    const ended = this.#end("incomplete");
    const begun = this.#begin(this.#message("refusal"));
    return (
      ended +
      begun +
      (this.#open as OutputItem | undefined)?.push(encodeText(reason)) +
      this.#end("completed")
    );
  }

  /** The answer is over. */
  end(status: ItemStatus): string {
    return this.#end(status);
  }

  /** All items that ended, as JSON in byte text. */
  toJson(): string {
    return `[${this.#items.map((item) => item.toJson()).join(",")}]`;
  }

  #startText(begin: () => OutputItem, deltaType: OpenBlock["deltaType"], text: unknown): string {
    this.#block = { deltaType, begin };
    return typeof text === "string" ? this.push({ type: deltaType, escaped: encodeText(text) }) : "";
  }

  #startCall(block: SourceBlock): string {
    const name = String(block["name"] ?? "");
    // The model does not know that its call is the answer.
    const isAnswer = name === this.plan.hiddenJsonTool;
    const begin = () =>
      isAnswer ? this.#message("output_text") : this.#call(name, String(block["id"] ?? ""));
    this.#block = { deltaType: "input_json_delta", begin };
    const begun = this.#begin(begin());
    const input = block["input"];
    if (typeof input !== "object" || input === null || Object.keys(input).length === 0) return begun;
    const escaped = encodeText(Buffer.from(encodeJson(input), "latin1").toString("utf8"));
    const pushed = this.push({ type: "input_json_delta", escaped });
    // It came at once, so nothing follows.
    this.#block = undefined;
    return begun + pushed;
  }

  #begin(item: OutputItem): string {
    this.#open = item;
    this.#items.push(item);
    return item.open();
  }

  #end(status: ItemStatus): string {
    const item = this.#open;
    this.#open = undefined;
    this.#block = undefined;
    return item?.close(status) ?? "";
  }

  #message(part: "output_text" | "refusal"): OutputItem {
    return new MessageItem(this.events, this.#place("msg"), part);
  }

  #reasoning(redacted: string | undefined): OutputItem {
    return new ReasoningItem(this.events, this.#place("rs"), this.plan, redacted);
  }

  #call(name: string, callId: string): OutputItem {
    const tool: ClientTool = this.plan.tools.get(name) ?? { kind: "function", name, namespace: undefined };
    return tool.kind === "custom"
      ? new CustomCallItem(this.events, this.#place("ctc"), callId, tool)
      : new FunctionCallItem(this.events, this.#place("fc"), callId, tool);
  }

  #place(prefix: string): ItemPlace {
    const outputIndex = this.#items.length;
    return { id: `${prefix}_${this.key}_${outputIndex}`, outputIndex };
  }
}
