import { ByteTextBuilder, escapeText, unescapeText } from "./byte-text";
import type { CollectedBlock, CollectedToolUse } from "./collected-message";
import type { DeltaText } from "./delta";
import { type Members, membersOf, textMember } from "./members";

/** Puts one block of an answer together. */
export class BlockBuilder {
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
    return typeof input === "object" && input !== null ? (input as Members) : undefined;
  } catch {
    return undefined;
  }
}
