import { hasMembers, type Members, membersOf, textMember } from "../../json/provider-value";
import { ByteTextBuilder, escapeText, unescapeText } from "./byte-text";
import type { DeltaText, MessageEvent } from "./event";

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

/** Puts one block of an answer together. */
class BlockBuilder {
  readonly #started: Members;
  readonly #text = new ByteTextBuilder();
  readonly #thinking = new ByteTextBuilder();
  readonly #input = new ByteTextBuilder();
  readonly #citations: unknown[] = [];
  #signature = "";

  /** @param started the block as `content_block_start` has it */
  constructor(started: Members) {
    this.#started = started;
  }

  /** @param escaped as in `DeltaText` */
  addText(kind: DeltaText["kind"], escaped: string): void {
    if (kind === "text") this.#text.add(escaped);
    else if (kind === "thinking") this.#thinking.add(escaped);
    else this.#input.add(escaped);
  }

  /** A delta that was parsed. One of an unknown type changes nothing. */
  addDelta({ type, text, thinking, partial_json: json, signature, citation }: Members): void {
    if (type === "text_delta" && typeof text === "string") this.addText("text", escapeText(text));
    if (type === "thinking_delta" && typeof thinking === "string")
      this.addText("thinking", escapeText(thinking));
    if (type === "input_json_delta" && typeof json === "string") this.addText("input", escapeText(json));
    if (type === "signature_delta" && typeof signature === "string") this.#signature = signature;
    if (type === "citations_delta" && citation !== undefined) this.#citations.push(citation);
  }

  build(): CollectedBlock {
    const started = { ...this.#started, type: String(this.#started["type"] ?? "") };
    switch (started.type) {
      case "text":
        return this.#withCitations({ ...started, text: this.#textOf(started, "text", this.#text) });
      case "thinking":
        return {
          ...started,
          thinking: this.#textOf(started, "thinking", this.#thinking),
          signature: this.#signature || (textMember(started, "signature") ?? ""),
        };
      case "tool_use":
        return this.#toolUse(started);
      default:
        // A provider's own tools have an input, too.
        return this.#input.length === 0
          ? started
          : { ...started, input: parseInput(unescapeText(this.#input.toString())) ?? {} };
    }
  }

  #textOf(started: Members, name: string, rest: ByteTextBuilder): string {
    return (textMember(started, name) ?? "") + unescapeText(rest.toString());
  }

  #withCitations(block: CollectedBlock): CollectedBlock {
    if (this.#citations.length === 0) return block;
    const known = Array.isArray(block["citations"]) ? block["citations"] : [];
    return { ...block, citations: [...known, ...this.#citations] };
  }

  #toolUse(started: CollectedBlock): CollectedToolUse {
    const filled = membersOf(started["input"]);
    const written = unescapeText(this.#input.toString());
    const json = written === "" && Object.keys(filled).length > 0 ? JSON.stringify(filled) : written;
    return {
      ...started,
      type: "tool_use",
      id: textMember(started, "id") ?? "",
      name: textMember(started, "name") ?? "",
      input: parseInput(json) ?? filled,
      inputJson: json,
    };
  }
}

/** `undefined` when there is none, or it is not complete. */
function parseInput(json: string): Members | undefined {
  try {
    const input: unknown = JSON.parse(json);
    return hasMembers(input) ? input : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A block of a whole answer, in the form of Anthropic's Messages API. What a block of a type listed here has besides
 * its members, and blocks of other types (a provider's own tools and their results), are kept as they came.
 */
export interface CollectedBlock {
  readonly type: string;
  readonly [member: string]: unknown;
}

interface CollectedText extends CollectedBlock {
  readonly type: "text";
  readonly text: string;
}

interface CollectedThinking extends CollectedBlock {
  readonly type: "thinking";
  /** `""` when the provider keeps it to itself. */
  readonly thinking: string;
  readonly signature: string;
}

export interface CollectedToolUse extends CollectedBlock {
  readonly type: "tool_use";
  readonly id: string;
  readonly name: string;
  /** An object; empty when the answer ended inside the input, so that its JSON is not complete. */
  readonly input: Readonly<Record<string, unknown>>;
  /**
   * The input as the model wrote it: numbers of twenty digits are lost in `input`. `""` when nothing was written. Not valid
   * JSON when the answer ended inside it. No member of Anthropic's API.
   */
  readonly inputJson: string;
}

/** The provider's reason for a refusal; `null` when it gives none. */
export function explanationOf(message: CollectedMessage): string | null {
  return textMember(membersOf(message["stop_details"]), "explanation") ?? null;
}

/** A whole answer, in the form of Anthropic's Messages API, with all that the provider said of it. */
export interface CollectedMessage {
  readonly id: string;
  readonly type: "message";
  readonly role: "assistant";
  /** The provider's name of the model. */
  readonly model: string;
  readonly content: readonly CollectedBlock[];
  readonly stop_reason: string | null;
  readonly stop_sequence: string | null;
  /** Anthropic's counters, each with the last value that is not null. */
  readonly usage: Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
}

export function isText(block: CollectedBlock): block is CollectedText {
  return block.type === "text";
}

export function isThinking(block: CollectedBlock): block is CollectedThinking {
  return block.type === "thinking";
}

export function isToolUse(block: CollectedBlock): block is CollectedToolUse {
  return block.type === "tool_use";
}
