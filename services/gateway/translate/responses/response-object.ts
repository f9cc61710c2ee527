import { writeJson } from "../../json/write-json";
import type { AnswerIdentity } from "../openai-to-anthropic/response";
import type { ResponsesAnswerPlan } from "./answer-plan";
import { encodeJson, encodeText } from "./encode-json";
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
    this.#head = `{"id":"resp_${toKey(identity)}","object":"response","created_at":${identity.created},"model":"${encodeText(identity.model)}"`;
    this.#settings = writeJson(plan.settings).slice(1);
  }

  write({ status, output = "[]", usage, reason, error }: ResponseState): string {
    const incomplete = reason === undefined ? "null" : encodeJson({ reason });
    const counters = usage === undefined ? "" : `,"usage":${encodeJson(usage)}`;
    return `${this.#head},"status":"${status}","error":${error === undefined ? "null" : encodeJson(error)},"incomplete_details":${incomplete},"output":${output}${counters},${this.#settings}`;
  }
}

/** The part of all ids that tells this answer from others. */
export function toKey({ id }: AnswerIdentity): string {
  return id.replaceAll(/[^0-9A-Za-z]/g, "");
}
