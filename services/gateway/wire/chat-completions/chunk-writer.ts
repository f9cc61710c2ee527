import type { Members } from "../../json/provider-value";
import { escapeText, toByteJson } from "../internal/byte-text";
import { type AnswerIdentity, encodeData } from "../shared/answer-stream";
import {
  type CalledTools,
  type ChatAnswerPlan,
  type ChatUsage,
  type FinishReason,
  toolCallId,
} from "./answer-parts";

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

/** A tool call whose input has not ended. */
interface OpenCall {
  readonly frame: TextFrame;
  /** Input that came with the start of the block, as JSON: it counts when no other comes. */
  readonly filled: string;
  hasInput: boolean;
}

/** Tool calls of a stream: blocks of a message, which have any index → calls, which are counted from 0. */
export class ToolCallStream {
  /** By the index of the block. */
  readonly #open = new Map<number, OpenCall>();
  #visible = 0;
  #hidden = false;

  constructor(
    readonly writer: ChunkWriter,
    readonly plan: ChatAnswerPlan,
  ) {}

  get called(): CalledTools {
    return { visible: this.#visible, hidden: this.#hidden };
  }

  /** @param block of type `tool_use` */
  start(index: number, block: Members): string {
    const sent = String(block["name"] ?? "");
    const filled = JSON.stringify(block["input"] ?? {});
    if (this.#open.has(index)) return "";
    if (sent === this.plan.hiddenJsonTool) {
      // Its input is the answer, and an answer is one JSON value.
      if (this.#hidden) return "";
      this.#hidden = true;
      this.#open.set(index, { frame: this.writer.content, filled, hasInput: false });
      return "";
    }
    const name = this.plan.renamedTools.get(sent) ?? sent;
    if (this.plan.isLegacyFunctionCall) {
      if (this.#visible > 0) return "";
      this.#visible = 1;
      this.#open.set(index, { frame: this.writer.functionArguments, filled, hasInput: false });
      return this.writer.delta({ function_call: { name, arguments: "" } });
    }
    const call = this.#visible;
    this.#visible += 1;
    this.#open.set(index, { frame: this.writer.toolArguments(call), filled, hasInput: false });
    const id = toolCallId(block["id"], call, this.writer.identity);
    return this.writer.delta({
      tool_calls: [{ index: call, id, type: "function", function: { name, arguments: "" } }],
    });
  }

  /** @param escaped a piece of the JSON of the input, as in `DeltaText` */
  addInput(index: number, escaped: string): string {
    const call = this.#open.get(index);
    if (call === undefined) return "";
    call.hasInput = true;
    return call.frame.around(escaped);
  }

  /** The input has ended. One that never began is given out now: `{}` where the tool takes none. */
  stop(index: number): string {
    const call = this.#open.get(index);
    this.#open.delete(index);
    return call === undefined || call.hasInput ? "" : call.frame.around(escapeText(call.filled));
  }

  stopAll(): string {
    return [...this.#open.keys()].map((index) => this.stop(index)).join("");
  }
}

/** What stands around a piece of text in an event, made once for many pieces. */
class TextFrame {
  constructor(
    readonly head: string,
    readonly tail: string,
  ) {}

  /** @param escaped text of a JSON string, with one character for each byte of UTF-8 */
  around(escaped: string): string {
    return this.head + escaped + this.tail;
  }
}
