import type { GatewayError } from "../../errors/gateway-error";
import { type Members, membersOf } from "../../json/provider-value";
import { ByteTextBuilder, escapeText, unescapeText } from "../internal/byte-text";
import type { DeltaText, MessageEvent } from "../internal/event";
import { MessageProgress, reduceProgress } from "../internal/progress";
import {
  type AnswerIdentity,
  type AnswerStream,
  encodeData,
  SSE_DONE,
  SSE_KEEP_ALIVE,
} from "../shared/answer-stream";
import { JsonText, unfence } from "../shared/json-content";
import { toChatError } from "./answer";
import { type ChatAnswerPlan, refusalOf, ThinkingBlocks, toChatUsage, toFinishReason } from "./answer-parts";
import { ChunkWriter, ToolCallStream } from "./chunk-writer";

/** Answers a chat completion with `stream: true`. */
export function createStream(identity: AnswerIdentity, plan: ChatAnswerPlan): AnswerStream {
  return new ChatStream(identity, plan);
}

class ChatStream implements AnswerStream {
  readonly keepAlive = SSE_KEEP_ALIVE;
  readonly #writer: ChunkWriter;
  readonly #tools: ToolCallStream;
  readonly #thinking = new ThinkingBlocks();
  /** Gets all events but those deltas that need no parsing, so it knows everything but sizes. */
  readonly #progress = new MessageProgress();
  /**
   * Text beside a tool whose input is the answer. Whether the text is the answer instead is known at the end only:
   * until then it would break the JSON. `undefined` when there is no such tool.
   */
  readonly #heldText: ByteTextBuilder | undefined;
  /** `undefined` when the text is not JSON, or comes from a tool. */
  readonly #json: JsonText | undefined;
  /** Indexes of the blocks that began. */
  readonly #started = new Set<number>();
  #hasRole = false;

  constructor(identity: AnswerIdentity, plan: ChatAnswerPlan) {
    this.#writer = new ChunkWriter(identity, plan.includeUsage);
    this.#tools = new ToolCallStream(this.#writer, plan);
    this.#heldText = plan.hiddenJsonTool === undefined ? undefined : new ByteTextBuilder();
    this.#json = plan.isJsonText ? new JsonText() : undefined;
  }

  push(event: MessageEvent): string {
    const { phase } = this.#progress;
    if (this.#progress.isOver || (phase === "waiting" && event.type !== "message_start")) return "";
    const { delta } = event;
    const chunks =
      delta === undefined ? this.#read(event) : this.#add(delta.kind, delta.index, delta.escaped);
    return this.#hasRole || chunks === "" ? chunks : this.#begin() + chunks;
  }

  end(): string {
    const { stopReason, refusal, usage } = this.#progress;
    const rest = this.#tools.stopAll() + this.#releaseText();
    const finishReason = toFinishReason(stopReason, this.#tools.called, this.#tools.plan);
    return [
      this.#hasRole ? "" : this.#begin(),
      rest,
      this.#writer.finish(finishReason, refusalOf(finishReason, refusal)),
      this.#writer.includeUsage ? this.#writer.usage(toChatUsage(usage)) : "",
      SSE_DONE,
    ].join("");
  }

  fail(error: GatewayError): string {
    return encodeData(toChatError(error));
  }

  #begin(): string {
    this.#hasRole = true;
    return this.#writer.role();
  }

  /** @param escaped as in `DeltaText` */
  #add(kind: DeltaText["kind"], index: number, escaped: string): string {
    if (escaped === "") return "";
    if (kind === "input") return this.#tools.addInput(index, escaped);
    if (kind === "thinking") {
      this.#thinking.add(index, escaped);
      return this.#writer.reasoning.around(escaped);
    }
    if (this.#heldText === undefined) return this.#content(this.#json?.push(escaped) ?? escaped);
    this.#heldText.add(escaped);
    return "";
  }

  /** An event that must be parsed. Unknown ones, and what a chat completion cannot say, give nothing. */
  #read(event: MessageEvent): string {
    switch (event.type) {
      case "content_block_start":
        return this.#start(Number(event.value["index"]), membersOf(event.value["content_block"]));
      case "content_block_delta":
        return this.#addParsed(Number(event.value["index"]), membersOf(event.value["delta"]));
      case "content_block_stop":
        return this.#stop(Number(event.value["index"]));
      case "message_start":
        return this.#startMessage(event);
      default:
        reduceProgress(this.#progress, event);
        return "";
    }
  }

  #startMessage(event: MessageEvent): string {
    const isFirst = this.#progress.phase === "waiting";
    reduceProgress(this.#progress, event);
    const { content } = membersOf(event.value["message"]);
    if (!isFirst || !Array.isArray(content)) return "";
    return content.map((block, index) => this.#start(index, membersOf(block)) + this.#stop(index)).join("");
  }

  /** A block that is announced once more, after the start of the message held it, is the same one. */
  #start(index: number, block: Members): string {
    if (this.#started.has(index)) return "";
    this.#started.add(index);
    const { type, text, thinking, signature, data } = block;
    switch (type) {
      case "text":
        return typeof text === "string" ? this.#add("text", index, escapeText(text)) : "";
      case "thinking":
        this.#thinking.start(index, signature);
        return typeof thinking === "string" ? this.#add("thinking", index, escapeText(thinking)) : "";
      case "redacted_thinking":
        return this.#writer.delta({ thinking_blocks: [{ type, data }] });
      case "tool_use":
        return this.#tools.start(index, block);
      default:
        return "";
    }
  }

  #addParsed(index: number, { type, text, thinking, partial_json: json, signature }: Members): string {
    if (type === "text_delta" && typeof text === "string") return this.#add("text", index, escapeText(text));
    if (type === "input_json_delta" && typeof json === "string")
      return this.#add("input", index, escapeText(json));
    if (type === "thinking_delta" && typeof thinking === "string")
      return this.#add("thinking", index, escapeText(thinking));
    if (type === "signature_delta") this.#thinking.sign(index, signature);
    return "";
  }

  #stop(index: number): string {
    const block = this.#thinking.stop(index);
    return block === undefined ? this.#tools.stop(index) : this.#writer.delta({ thinking_blocks: [block] });
  }

  #content(escaped: string): string {
    return escaped === "" ? "" : this.#writer.content.around(escaped);
  }

  #releaseText(): string {
    if (this.#heldText === undefined) return this.#content(this.#json?.end() ?? "");
    if (this.#heldText.length === 0 || this.#tools.called.hidden) return "";
    return this.#writer.content.around(escapeText(unfence(unescapeText(this.#heldText.toString()))));
  }
}
