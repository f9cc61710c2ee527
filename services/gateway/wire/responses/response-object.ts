import type { JsonObject } from "../../json/json-value";
import { writeJson } from "../../json/write-json";
import { escapeText, toByteJson } from "../internal/byte-text";
import type { TokenUsage } from "../internal/usage";
import type { AnswerIdentity } from "../shared/answer-stream";

/** What of a `response` object changes while it is made. */
export interface ResponseState {
  readonly status: "in_progress" | "completed" | "incomplete" | "failed";
  /** List of items as JSON in byte text. @default - empty */
  readonly output?: string;
  readonly usage?: ResponseUsage;
  /** Why it is `incomplete`. */
  readonly reason?: "max_output_tokens" | "content_filter";
  /** Why it is `failed`. */
  readonly error?: { readonly code: string; readonly message: string };
}

/** Writes the `response` object of one answer, however often it is sent, as JSON in byte text. */
export class ResponseWriter {
  readonly #head: string;
  readonly #settings: string;

  constructor(identity: AnswerIdentity, plan: ResponsesAnswerPlan) {
    this.#head = `{"id":"resp_${toKey(identity)}","object":"response","created_at":${identity.created},"model":"${escapeText(identity.model)}"`;
    this.#settings = writeJson(plan.settings).slice(1);
  }

  write({ status, output = "[]", usage, reason, error }: ResponseState): string {
    const incomplete = reason === undefined ? "null" : toByteJson({ reason });
    const counters = usage === undefined ? "" : `,"usage":${toByteJson(usage)}`;
    return `${this.#head},"status":"${status}","error":${error === undefined ? "null" : toByteJson(error)},"incomplete_details":${incomplete},"output":${output}${counters},${this.#settings}`;
  }
}

/** The part that all ids of an answer share: the request's own id, without the prefix of a wire API. */
export function toKey({ id }: AnswerIdentity): string {
  return id.replace(/^(?:resp_|chatcmpl-|msg_)/, "").replaceAll(/[^\w-]/g, "");
}

/** A tool as the client knows it. */
export interface ClientTool {
  /** `custom` tools take free text; upstream they are functions with one text argument. */
  readonly kind: "function" | "custom";
  readonly name: string;
  /** The `namespace` tool that holds it. `undefined`: none. */
  readonly namespace: string | undefined;
}

/** What of a Responses request its answer depends on. */
export interface ResponsesAnswerPlan {
  /** Settings that every `response` object repeats, in the API's names; see `readSettings`. */
  readonly settings: JsonObject;
  /** Name that was sent → the client's tool. Functions that kept their name are left out. */
  readonly tools: ReadonlyMap<string, ClientTool>;
  /**
   * Name that was sent for the tool whose input is the answer (`text.format`): its input becomes text, as if the model
   * had written it. `undefined` when there is none.
   */
  readonly hiddenJsonTool: string | undefined;
  /** Whether the text was asked to be JSON in words alone: a fence around it is taken off. */
  readonly isJsonText: boolean;
  /** Whether the client asked to see a summary of the reasoning (`reasoning.summary`). */
  readonly showsReasoning: boolean;
  /** Whether the client asked for `reasoning.encrypted_content`, with which it can give the reasoning back. */
  readonly includesEncryptedReasoning: boolean;
  /** The provider's name of the model, which alone can read its reasoning. */
  readonly upstreamModel: string;
  /** What the answer cannot keep of the request, as short codes for a header, such as `tool_choice=auto`. */
  readonly degradations: readonly string[];
}

/** Counters in the shape of the Responses API. Input counts what was read from and written to the cache. */
interface ResponseUsage {
  readonly input_tokens: number;
  readonly input_tokens_details: { readonly cached_tokens: number; readonly cache_write_tokens: number };
  readonly output_tokens: number;
  readonly output_tokens_details: { readonly reasoning_tokens: number };
  readonly total_tokens: number;
}

/** What the provider counted → what the client reads. */
export function toResponseUsage(usage: TokenUsage): ResponseUsage {
  const input = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: usage.cacheReadTokens,
      cache_write_tokens: usage.cacheWriteTokens,
    },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.thinkingTokens },
    total_tokens: input + usage.outputTokens,
  };
}
