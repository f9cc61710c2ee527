import { BlockBuilder } from "./block-builder";
import type { CollectedMessage } from "./collected-message";
import type { DeltaText } from "./delta";
import type { MessageEvent } from "./event";
import { type Members, membersOf, textMember } from "./members";

/** Pieces that may come without the start of their block. */
const KINDS: ReadonlyMap<unknown, DeltaText["kind"]> = new Map([
  ["text_delta", "text"],
  ["thinking_delta", "thinking"],
]);

/** Events → the whole answer, for clients that did not ask for a stream. Does not judge whether the answer is complete. */
export class MessageCollector {
  readonly #message: Record<string, unknown> = {};
  readonly #usage: Record<string, unknown> = {};
  /** By the index that the provider gave them. */
  readonly #blocks = new Map<number, BlockBuilder>();

  /** @throws SyntaxError when the event must be read and is not a JSON object */
  push(event: MessageEvent): void {
    const { delta } = event;
    if (delta !== undefined) {
      this.#blockOf(delta.index, delta.kind)?.addText(delta.kind, delta.escaped);
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
        this.#addParsed(Number(event.value["index"]), membersOf(event.value["delta"]));
        break;
      case "message_delta":
        this.#change(event.value);
        break;
    }
  }

  /** What came so far, as a message. Blocks are in the order in which they began. */
  message(): CollectedMessage {
    const said = this.#message;
    const message: CollectedMessage & Record<string, unknown> = {
      id: textMember(said, "id") ?? "",
      type: "message",
      role: "assistant",
      model: textMember(said, "model") ?? "",
      content: [...this.#blocks.values()].map((block) => block.build()),
      stop_reason: textMember(said, "stop_reason") ?? null,
      stop_sequence: textMember(said, "stop_sequence") ?? null,
      usage: this.#usage,
    };
    for (const name of Object.keys(said)) {
      if (!Object.hasOwn(message, name)) message[name] = said[name];
    }
    return message;
  }

  #start(message: Members): void {
    // A repeated start tells nothing new.
    if (this.#message["id"] !== undefined) return;
    const { content, usage } = message;
    takeMembers(this.#message, message, OF_START);
    this.#report(usage);
    if (!Array.isArray(content)) return;
    for (const [index, block] of content.entries()) this.#open(index, membersOf(block));
  }

  #open(index: unknown, block: Members): void {
    if (typeof index === "number" && !this.#blocks.has(index))
      this.#blocks.set(index, new BlockBuilder(block));
  }

  #addParsed(index: number, delta: Members): void {
    const kind = KINDS.get(delta["type"]);
    (kind === undefined ? this.#blocks.get(index) : this.#blockOf(index, kind))?.addDelta(delta);
  }

  /** The block of a piece. Not every provider says where a text begins; a tool has no name then and is dropped. */
  #blockOf(index: number, kind: DeltaText["kind"]): BlockBuilder | undefined {
    if (kind !== "input") this.#open(index, { type: kind });
    return this.#blocks.get(index);
  }

  #change(event: Members): void {
    takeMembers(this.#message, event, OF_CHANGE);
    takeMembers(this.#message, membersOf(event["delta"]), NOTHING);
    this.#report(event["usage"]);
  }

  #report(usage: unknown): void {
    const counters = membersOf(usage);
    for (const name of Object.keys(counters)) {
      const value = counters[name];
      if (value !== null || this.#usage[name] === undefined) this.#usage[name] = value;
    }
  }
}

/** Members of events that are not the message's own, or are kept apart. */
const OF_START: readonly string[] = ["content", "usage"];
const OF_CHANGE: readonly string[] = ["type", "delta", "usage"];
const NOTHING: readonly string[] = [];

/** One by one: spreading into an object that has members already is several times as slow. */
function takeMembers(message: Record<string, unknown>, given: Members, others: readonly string[]): void {
  for (const name of Object.keys(given)) {
    // Assigning `__proto__` would set the prototype.
    if (!others.includes(name) && name !== "__proto__") message[name] = given[name];
  }
}
