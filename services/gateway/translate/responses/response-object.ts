import { writeJson } from "../../json/write-json";
import { escapeText, toByteJson } from "../../messages/byte-text";
import type { AnswerIdentity } from "../answer-identity";
import type { ResponsesAnswerPlan } from "./answer-plan";
import type { ResponseUsage } from "./usage";

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
