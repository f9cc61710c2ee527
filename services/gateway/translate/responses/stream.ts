import type { GatewayError } from "../../errors";
import type { MessageEvent } from "../../messages/event";
import type { AnswerStream } from "../answer-stream";
import type { AnswerIdentity } from "../openai-to-anthropic/response";
import { mergeUsage, NO_USAGE } from "../openai-to-anthropic/usage";
import { SSE_KEEP_ALIVE } from "../sse";
import type { ResponsesAnswerPlan } from "./answer-plan";
import { endAnswer } from "./end-of-answer";
import { EventWriter, openEvent } from "./event-writer";
import { Output, type SourceBlock } from "./output";
import { readDelta } from "./read-delta";
import { type ResponseState, ResponseWriter, toKey } from "./response-object";
import { errorMembers, toResponseError } from "./stream-error";
import { readReasoningTokens, toResponseUsage } from "./usage";

/** A streamed answer of `/v1/responses`. */
export function createStream(identity: AnswerIdentity, plan: ResponsesAnswerPlan): AnswerStream {
  return new ResponsesStream(identity, plan);
}

class ResponsesStream implements AnswerStream {
  readonly keepAlive = SSE_KEEP_ALIVE;
  readonly #response: ResponseWriter;
  readonly #events: EventWriter;
  readonly #output: Output;
  #usage = NO_USAGE;
  #reasoningTokens = 0;
  #stopReason: string | null = null;
  #refusal: string | null = null;

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
    switch (event.type) {
      case "content_block_delta":
        return this.#output.push(readDelta(event));
      case "content_block_start":
        return this.#output.startBlock((event.value["content_block"] ?? {}) as SourceBlock);
      case "message_start":
        this.#count((event.value["message"] as { usage?: unknown } | undefined)?.usage);
        return "";
      case "message_delta":
        this.#readEnd(event.value);
        return "";
      default:
        return "";
    }
  }

  end(): string {
    const { events, state } = endAnswer(this.#output, {
      stopReason: this.#stopReason,
      refusal: this.#refusal,
    });
    return events + this.#lifecycle({ ...state, ...this.#result() });
  }

  fail(error: GatewayError): string {
    const ended = this.#output.end("incomplete");
    const told = this.#events.write("error", errorMembers(error));
    return (
      ended + told + this.#lifecycle({ status: "failed", error: toResponseError(error), ...this.#result() })
    );
  }

  #result(): Pick<ResponseState, "output" | "usage"> {
    return {
      output: this.#output.toJson(),
      usage: toResponseUsage(this.#usage, this.#reasoningTokens),
    };
  }

  #lifecycle(state: ResponseState): string {
    return this.#events.write(`response.${state.status}`, `"response":${this.#response.write(state)}`);
  }

  #count(usage: unknown): void {
    this.#usage = mergeUsage(this.#usage, usage);
    this.#reasoningTokens = readReasoningTokens(usage) ?? this.#reasoningTokens;
  }

  #readEnd(event: Readonly<Record<string, unknown>>): void {
    const delta = (event["delta"] ?? {}) as {
      stop_reason?: unknown;
      stop_details?: { explanation?: unknown } | null;
    };
    this.#count(event["usage"]);
    if (typeof delta.stop_reason === "string") this.#stopReason = delta.stop_reason;
    const explanation = delta.stop_details?.explanation;
    if (typeof explanation === "string") this.#refusal = explanation;
  }
}
