import { BlockBuilder } from "./block-builder";
import type { CollectedMessage } from "./collected-message";
import type { MessageEvent } from "./event";

type Members = Readonly<Record<string, unknown>>;

/** Events → the whole answer, for clients that did not ask for a stream. Does not judge whether the answer is complete. */
export class MessageCollector {
  #message: Members = {};
  #usage: Record<string, unknown> = {};
  /** By the index that the provider gave them. */
  readonly #blocks = new Map<number, BlockBuilder>();

  /** @throws SyntaxError when the event must be read and is not a JSON object */
  push(event: MessageEvent): void {
    const { delta } = event;
    if (delta !== undefined) {
      this.#blocks.get(delta.index)?.addText(delta.kind, delta.escaped);
      return;
    }
    switch (event.type) {
      case "message_start":
        this.#start(membersOf(event.value["message"]));
        break;
      case "content_block_start":
        this.#open(event.value["index"], membersOf(event.value["content_block"]));
        break;
      case "content_block_delta":
        this.#blocks.get(Number(event.value["index"]))?.addDelta(membersOf(event.value["delta"]));
        break;
      case "message_delta":
        this.#change(event.value);
        break;
    }
  }

  /** What came so far, as a message. Blocks are in the order in which they began. */
  message(): CollectedMessage {
    const { id, model, stop_reason: reason, stop_sequence: sequence } = this.#message;
    return {
      ...this.#message,
      id: String(id ?? ""),
      type: "message",
      role: "assistant",
      model: String(model ?? ""),
      content: [...this.#blocks.values()].map((block) => block.build()),
      stop_reason: typeof reason === "string" ? reason : null,
      stop_sequence: typeof sequence === "string" ? sequence : null,
      usage: this.#usage,
    };
  }

  #start(message: Members): void {
    // A repeated start tells nothing new.
    if (this.#message["id"] !== undefined) return;
    const { content, usage, ...rest } = message;
    this.#message = rest;
    this.#report(usage);
    if (!Array.isArray(content)) return;
    for (const [index, block] of content.entries()) this.#open(index, membersOf(block));
  }

  #open(index: unknown, block: Members): void {
    if (typeof index === "number" && !this.#blocks.has(index))
      this.#blocks.set(index, new BlockBuilder(block));
  }

  #change({ type: _type, delta, usage, ...rest }: Members): void {
    this.#message = { ...this.#message, ...rest, ...membersOf(delta) };
    this.#report(usage);
  }

  #report(usage: unknown): void {
    for (const [name, value] of Object.entries(membersOf(usage))) {
      if (value !== null || this.#usage[name] === undefined) this.#usage[name] = value;
    }
  }
}

function membersOf(value: unknown): Members {
  return typeof value === "object" && value !== null ? (value as Members) : {};
}
