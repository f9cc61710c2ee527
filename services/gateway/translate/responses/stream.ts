import type { GatewayError } from "../../errors";
import { escapeText } from "../../messages/byte-text";
import type { MessageEvent } from "../../messages/event";
import { type Members, membersOf } from "../../messages/members";
import { MessageProgress, reduceProgress } from "../../messages/progress";
import type { AnswerIdentity } from "../answer-identity";
import type { AnswerStream } from "../answer-stream";
import { SSE_KEEP_ALIVE } from "../sse-write";
import type { ResponsesAnswerPlan } from "./answer-plan";
import { endAnswer } from "./end-of-answer";
import { EventWriter, openEvent } from "./event-writer";
import { Output } from "./output";
import { type ResponseState, ResponseWriter, toKey } from "./response-object";
import { errorMembers, toResponseError } from "./stream-error";
import { toResponseUsage } from "./usage";

/** Answers `/v1/responses` with `stream: true`. */
export function createStream(identity: AnswerIdentity, plan: ResponsesAnswerPlan): AnswerStream {
  return new ResponsesStream(identity, plan);
}

class ResponsesStream implements AnswerStream {
  readonly keepAlive = SSE_KEEP_ALIVE;
  readonly #response: ResponseWriter;
  readonly #events: EventWriter;
  readonly #output: Output;
  /** Gets all events but those deltas that need no parsing, so it knows everything but sizes. */
  readonly #progress = new MessageProgress();

  constructor(identity: AnswerIdentity, plan: ResponsesAnswerPlan) {
    this.#response = new ResponseWriter(identity, plan);
    const members = `"response":${this.#response.write({ status: "in_progress" })}`;
    this.#events = new EventWriter([
      `${openEvent("response.created")}${members}`,
      `${openEvent("response.in_progress")}${members}`,
    ]);
    this.#output = new Output(this.#events, toKey(identity), plan);
  }

  push(event: MessageEvent): string {
    const { phase, isOver } = this.#progress;
    if (isOver || (phase === "waiting" && event.type !== "message_start")) return "";
    const { delta } = event;
    return delta === undefined
      ? this.#read(event)
      : this.#output.push(delta.kind, delta.index, delta.escaped);
  }

  end(): string {
    const { events, state } = endAnswer(this.#output, this.#progress);
    return events + this.#finish(state);
  }

  fail(error: GatewayError): string {
    const ended = this.#output.end("incomplete");
    const told = this.#events.write("error", errorMembers(error));
    return ended + told + this.#finish({ status: "failed", error: toResponseError(error) });
  }

  /** An event that must be parsed. Unknown ones, and what a response cannot say, give nothing. */
  #read(event: MessageEvent): string {
    switch (event.type) {
      case "content_block_start":
        return this.#output.startBlock(Number(event.value["index"]), membersOf(event.value["content_block"]));
      case "content_block_delta":
        return this.#addParsed(Number(event.value["index"]), membersOf(event.value["delta"]));
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
    return content.map((block, index) => this.#output.startBlock(index, membersOf(block))).join("");
  }

  #addParsed(index: number, { type, text, thinking, partial_json: json, signature }: Members): string {
    if (type === "text_delta" && typeof text === "string")
      return this.#output.push("text", index, escapeText(text));
    if (type === "input_json_delta" && typeof json === "string")
      return this.#output.push("input", index, escapeText(json));
    if (type === "thinking_delta" && typeof thinking === "string")
      return this.#output.push("thinking", index, escapeText(thinking));
    return type === "signature_delta" ? this.#output.sign(index, signature) : "";
  }

  #finish(state: ResponseState): string {
    const response = this.#response.write({
      ...state,
      output: this.#output.toJson(),
      usage: toResponseUsage(this.#progress.usage),
    });
    return this.#events.write(`response.${state.status}`, `"response":${response}`);
  }
}
