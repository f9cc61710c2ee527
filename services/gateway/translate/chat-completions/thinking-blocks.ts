import { ByteTextBuilder, unescapeText } from "../../messages/byte-text";

/** Thinking that the client can send back with the next turn, as LiteLLM has it. */
export type ThinkingBlock =
  | { readonly type: "thinking"; readonly thinking: string; readonly signature: string }
  | { readonly type: "redacted_thinking"; readonly data: string };

/**
 * Thinking blocks of a stream. Each is given out whole, when it ends: a signature is worth nothing without its text,
 * and clients that join `thinking_blocks` get it right without knowing how.
 */
export class ThinkingBlocks {
  /** By the index of the block. */
  readonly #open = new Map<number, { readonly text: ByteTextBuilder; signature: string }>();

  start(index: number, signature: unknown): void {
    const known = typeof signature === "string" ? signature : "";
    this.#open.set(index, { text: new ByteTextBuilder(), signature: known });
  }

  /** @param escaped as in `DeltaText` */
  add(index: number, escaped: string): void {
    this.#open.get(index)?.text.add(escaped);
  }

  sign(index: number, signature: unknown): void {
    const block = this.#open.get(index);
    if (block !== undefined && typeof signature === "string") block.signature = signature;
  }

  /** @returns `undefined` when the block is no thinking, or was not signed, so that nobody could send it back */
  stop(index: number): ThinkingBlock | undefined {
    const block = this.#open.get(index);
    this.#open.delete(index);
    if (block === undefined || block.signature === "") return undefined;
    return { type: "thinking", thinking: unescapeText(block.text.toString()), signature: block.signature };
  }
}
