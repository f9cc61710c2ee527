import { type Members, membersOf } from "../../json/provider-value";
import { ByteTextBuilder, escapeText, unescapeText } from "../internal/byte-text";
import type { DeltaText } from "../internal/event";
import { JsonText, unfence } from "../shared/json-content";
import {
  CustomCallItem,
  type EventWriter,
  FunctionCallItem,
  type ItemPlace,
  type ItemStatus,
  MessageItem,
  type OutputItem,
  ReasoningItem,
} from "./output-items";
import type { ResponsesAnswerPlan } from "./response-object";

/** The block whose pieces are coming. */
interface OpenBlock {
  readonly index: number;
  /** The pieces that it takes. */
  readonly kind: DeltaText["kind"];
  /** Makes its item, at its first content. */
  readonly begin: () => OutputItem;
  /** Input that came with the start of the block: it counts when no other comes. */
  filled: string;
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
  /**
   * Text beside a tool whose input is the answer. Whether the text is the answer instead is known at the end only:
   * until then it would break the JSON. `undefined` when there is no such tool.
   */
  readonly #heldText: ByteTextBuilder | undefined;
  #hasHiddenCall = false;
  /** Of the open text block. `undefined` when its text is not JSON. */
  #json: JsonText | undefined;
  readonly #startedIndexes = new Set<number>();

  /** @param key makes ids unique, see `toKey` */
  constructor(
    readonly events: EventWriter,
    readonly key: string,
    readonly plan: ResponsesAnswerPlan,
  ) {
    this.#heldText = plan.hiddenJsonTool === undefined ? undefined : new ByteTextBuilder();
  }

  /**
   * A block begins. Blocks that a response cannot hold are left out with all their content; one that is announced once more,
   * after the start of the message held it, is the same one.
   */
  startBlock(index: number, block: Members): string {
    if (this.#startedIndexes.has(index)) return "";
    const ended = this.#end("completed");
    this.#startedIndexes.add(index);
    const { type, text, thinking, signature, data } = block;
    if (type === "redacted_thinking") return ended + this.#begin(this.#reasoning(String(data ?? "")));
    if (type === "tool_use") return ended + this.#startCall(index, block);
    if (type !== "text" && type !== "thinking") return ended;
    const begin = () => (type === "text" ? this.#message("output_text") : this.#reasoning(undefined));
    this.#block = { index, kind: type, begin, filled: "" };
    if (type === "text" && this.plan.isJsonText) this.#json = new JsonText();
    const started = type === "text" ? text : thinking;
    const pushed = typeof started === "string" ? this.push(type, index, escapeText(started)) : "";
    return ended + pushed + this.sign(index, signature);
  }

  /**
   * A piece of the block that was begun last. Not every provider says where a text begins; a tool has no name then and
   * is dropped.
   * @param escaped as in `DeltaText`
   */
  push(kind: DeltaText["kind"], index: number, escaped: string): string {
    if (escaped === "") return "";
    const isUnannounced = kind !== "input" && !this.#startedIndexes.has(index);
    const started = isUnannounced ? this.startBlock(index, { type: kind }) : "";
    const block = this.#block;
    if (block === undefined || block.index !== index || block.kind !== kind) return started;
    if (kind === "text" && this.#heldText !== undefined) {
      this.#heldText.add(escaped);
      return started;
    }
    const free = this.#json?.push(escaped) ?? escaped;
    if (free === "") return started;
    block.filled = "";
    const begun = this.#open === undefined ? this.#begin(block.begin()) : "";
    return started + begun + (this.#open as OutputItem | undefined)?.push(free);
  }

  /** The signature of the thinking block that was begun last. */
  sign(index: number, signature: unknown): string {
    const block = this.#block;
    if (block?.kind !== "thinking" || block.index !== index) return "";
    if (typeof signature !== "string" || signature === "") return "";
    const begun = this.#open === undefined ? this.#begin(block.begin()) : "";
    (this.#open as ReasoningItem | undefined)?.sign(escapeText(signature));
    return begun;
  }

  /** The model refused: an item with its reason. */
  refuse(reason: string): string {
    const ended = this.end("incomplete");
    const item = this.#message("refusal");
    return ended + this.#begin(item) + item.push(escapeText(reason)) + this.#end("completed");
  }

  /** The answer is over. @param status of the last item */
  end(status: ItemStatus): string {
    const ended = this.#end(status);
    const held = this.#heldText?.toString() ?? "";
    if (held === "" || this.#hasHiddenCall) return ended;
    const item = this.#message("output_text");
    return ended + this.#begin(item) + item.push(escapeText(unfence(unescapeText(held)))) + this.#end(status);
  }

  /** All items that ended, as JSON in byte text. */
  toJson(): string {
    return `[${this.#items.map((item) => item.toJson()).join(",")}]`;
  }

  #startCall(index: number, block: Members): string {
    const { name: sent, id, input } = block;
    const name = String(sent ?? "");
    const isAnswer = name === this.plan.hiddenJsonTool;
    // An answer is one JSON value.
    if (isAnswer && this.#hasHiddenCall) return "";
    this.#hasHiddenCall ||= isAnswer;
    const begin = () => (isAnswer ? this.#message("output_text") : this.#call(name, id));
    const json = JSON.stringify(membersOf(input));
    // Whether a call without arguments is whole is for its item to know; an answer is JSON in any case.
    const filled = json === "{}" && !isAnswer ? "" : escapeText(json);
    this.#block = { index, kind: "input", begin, filled };
    return this.#begin(begin());
  }

  #begin(item: OutputItem): string {
    this.#open = item;
    this.#items.push(item);
    return item.open();
  }

  #end(status: ItemStatus): string {
    const fenced = this.#json?.end() ?? "";
    this.#json = undefined;
    const begun = fenced === "" ? "" : this.#begin(this.#message("output_text"));
    const filled = fenced || (this.#block?.filled ?? "");
    const item = this.#open;
    this.#open = undefined;
    this.#block = undefined;
    if (item === undefined) return "";
    return begun + (filled === "" ? "" : item.push(filled)) + item.close(status);
  }

  #message(part: "output_text" | "refusal"): OutputItem {
    return new MessageItem(this.events, this.#place("msg"), part);
  }

  #reasoning(redacted: string | undefined): OutputItem {
    return new ReasoningItem(this.events, this.#place("rs"), this.plan, redacted);
  }

  #call(name: string, id: unknown): OutputItem {
    const tool = this.plan.tools.get(name) ?? { kind: "function" as const, name, namespace: undefined };
    // Clients break without an id.
    const callId = typeof id === "string" && id !== "" ? id : `call_${this.key}_${this.#items.length}`;
    return tool.kind === "custom"
      ? new CustomCallItem(this.events, this.#place("ctc"), callId, tool)
      : new FunctionCallItem(this.events, this.#place("fc"), callId, tool);
  }

  #place(prefix: string): ItemPlace {
    const outputIndex = this.#items.length;
    return { id: `${prefix}_${this.key}_${outputIndex}`, outputIndex };
  }
}
