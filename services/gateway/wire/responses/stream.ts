import type { GatewayError } from "../../errors/gateway-error";
import { type Members, membersOf } from "../../json/provider-value";
import { toChatError } from "../chat-completions/answer";
import { escapeText, toByteJson } from "../internal/byte-text";
import { type CollectedBlock, type CollectedMessage, explanationOf, isToolUse } from "../internal/collect";
import type { MessageEvent } from "../internal/event";
import { MessageProgress, reduceProgress } from "../internal/progress";
import { mergeUsage, NO_USAGE } from "../internal/usage";
import { type AnswerIdentity, type AnswerStream, SSE_KEEP_ALIVE } from "../shared/answer-stream";
import { Output } from "./output";
import { EventWriter, openEvent } from "./output-items";
import {
  type ResponseState,
  type ResponsesAnswerPlan,
  ResponseWriter,
  toKey,
  toResponseUsage,
} from "./response-object";

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

/** What the client can do something about; Codex shortens the conversation. Sent by OpenAI, though not documented. */
const TOO_LONG = "context_length_exceeded";

/** The error of a `response` object. Its codes are few: they follow from the status that the error would have had. */
export function toResponseError(error: GatewayError): { readonly code: string; readonly message: string } {
  const { message } = toChatError(error).error;
  if (error.code === TOO_LONG) return { code: TOO_LONG, message };
  if (error.status === 429) return { code: "rate_limit_exceeded", message };
  return { code: error.status >= 400 && error.status < 500 ? "invalid_prompt" : "server_error", message };
}

/**
 * Members of an `error` event as JSON without braces. The API documents them flat and sends them nested; clients read
 * the one or the other.
 */
export function errorMembers(error: GatewayError): string {
  const { error: nested } = toChatError(error);
  const { code, message, param } = nested;
  return toByteJson({ code, message, param, error: nested }).slice(1, -1);
}

/** A whole message → `response` object. Made by the same parts as a stream, so both say the same. */
export function toAnswer(
  message: CollectedMessage,
  identity: AnswerIdentity,
  plan: ResponsesAnswerPlan,
): object {
  const output = new Output(new EventWriter(), toKey(identity), plan);
  message.content.forEach((block, index) => {
    addBlock(output, index, block);
  });
  const { state } = endAnswer(output, { stopReason: message.stop_reason, refusal: explanationOf(message) });
  const json = new ResponseWriter(identity, plan).write({
    ...state,
    output: output.toJson(),
    usage: toResponseUsage(mergeUsage(NO_USAGE, message.usage)),
  });
  return JSON.parse(Buffer.from(json, "latin1").toString("utf8")) as object;
}

function addBlock(output: Output, index: number, block: CollectedBlock): void {
  if (!isToolUse(block)) {
    output.startBlock(index, block);
    return;
  }
  output.startBlock(index, { ...block, input: {} });
  // Input of which nothing came is left to the item, which knows whether its call is whole.
  output.push("input", index, escapeText(block.inputJson));
}

/** How the provider ended its message. */
export interface MessageEnd {
  readonly stopReason: string | null;
  /** The provider's reason for a refusal. */
  readonly refusal: string | null;
}

/** The events that end the items of an answer, and what the `response` object says of the end. */
export interface AnswerEnd {
  readonly events: string;
  readonly state: Pick<ResponseState, "status" | "reason">;
}

/** `stop_reason` → status. What is new or unknown ended by itself. */
export function endAnswer(output: Output, { stopReason, refusal }: MessageEnd): AnswerEnd {
  switch (stopReason) {
    case "refusal":
      return {
        events: output.refuse(refusal ?? "The model refused to answer."),
        state: { status: "incomplete", reason: "content_filter" },
      };
    case "max_tokens":
    case "model_context_window_exceeded":
      return {
        events: output.end("incomplete"),
        state: { status: "incomplete", reason: "max_output_tokens" },
      };
    default:
      return { events: output.end("completed"), state: { status: "completed" } };
  }
}
