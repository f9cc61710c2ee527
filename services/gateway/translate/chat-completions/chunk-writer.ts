import { toByteJson } from "../../messages/byte-text";
import type { AnswerIdentity } from "../answer-identity";
import { encodeData } from "../sse-write";
import type { FinishReason } from "./finish-reason";
import { TextFrame } from "./text-frame";
import type { ChatUsage } from "./usage";

/**
 * Writes the chunks of one stream as events. What all of them have in common is made once, so that a piece of text is
 * put between two strings and costs no more. All texts have one character for each byte of UTF-8.
 */
export class ChunkWriter {
  readonly #head: string;
  readonly #tail: string;
  readonly content: TextFrame;
  readonly reasoning: TextFrame;
  /** Arguments of the one call that OpenAI's older form of tools has. */
  readonly functionArguments: TextFrame;

  /** @param includeUsage whether the client gets `usage`; then chunks without have it as `null`, as OpenAI says */
  constructor(
    readonly identity: AnswerIdentity,
    readonly includeUsage: boolean,
  ) {
    const usage = includeUsage ? ',"usage":null' : "";
    this.#head = `data: ${toByteJson(this.#envelope()).slice(0, -1)},"choices":[{"index":0,"delta":`;
    this.#tail = `,"logprobs":null,"finish_reason":null}]${usage}}\n\n`;
    this.content = this.#frame('{"content":"', '"}');
    this.reasoning = this.#frame('{"reasoning_content":"', '"}');
    this.functionArguments = this.#frame('{"function_call":{"arguments":"', '"}}');
  }

  /** Arguments of a tool call. @param index of the call, counted from 0 */
  toolArguments(index: number): TextFrame {
    return this.#frame(`{"tool_calls":[{"index":${index},"function":{"arguments":"`, '"}}]}');
  }

  /** The first chunk: OpenAI's client refuses streams that do not begin with a role. */
  role(): string {
    return this.delta({ role: "assistant", content: "" });
  }

  /** A chunk of anything else. */
  delta(delta: object): string {
    return this.#head + toByteJson(delta) + this.#tail;
  }

  /** The chunk that ends the answer. @param refusal `null` for none */
  finish(reason: FinishReason, refusal: string | null): string {
    const delta = refusal === null ? {} : { refusal };
    return encodeData({
      ...this.#envelope(),
      choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
      ...(this.includeUsage ? { usage: null } : {}),
    });
  }

  /** The last chunk; without a list of choices clients break. */
  usage(usage: ChatUsage): string {
    return encodeData({ ...this.#envelope(), choices: [], usage });
  }

  #envelope() {
    const { id, created, model } = this.identity;
    return { id, object: "chat.completion.chunk", created, model };
  }

  #frame(head: string, tail: string): TextFrame {
    return new TextFrame(this.#head + head, tail + this.#tail);
  }
}
