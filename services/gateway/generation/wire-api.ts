import type { GatewayError } from "../errors";
import type { JsonObject } from "../json/json-value";
import type { CollectedMessage } from "../messages/collected-message";
import type { MessagesRequest, MessagesTarget } from "../messages/request";
import type { AnswerIdentity } from "../translate/answer-identity";
import type { AnswerStream } from "../translate/answer-stream";

/** What of a request its answer depends on. */
export interface AnswerPlan {
  /** What is done in another way than the client asked for, as short codes, such as `tool_choice=auto`. @default - nothing */
  readonly degradations?: readonly string[];
}

/** A request in the internal form. */
export interface TranslatedRequest<Plan> {
  readonly request: MessagesRequest;
  /** Parameters that were left out because the deployment has none like them. */
  readonly droppedParams: readonly string[];
  /** What the answer depends on. */
  readonly plan: Plan;
}

/** An error as a wire API says it. */
export interface WireError {
  readonly status: number;
  readonly body: object;
}

/** One way in which clients talk to models. Everything that is not listed here is the same for all of them. */
export interface WireApi<Plan extends AnswerPlan = AnswerPlan> {
  readonly paths: readonly string[];
  /** Id of an answer, made of the request's. */
  idOf(requestId: string): string;
  /** @throws TranslationError naming the parameter that cannot be sent */
  toMessages(body: JsonObject, target: MessagesTarget): TranslatedRequest<Plan>;
  createStream(identity: AnswerIdentity, plan: Plan): AnswerStream;
  toAnswer(message: CollectedMessage, identity: AnswerIdentity, plan: Plan): object;
  toError(error: GatewayError, requestId: string): WireError;
  /**
   * Whether an error before the answer is told in a stream all the same, where the client asked for one.
   * @default - it is answered with its status
   */
  isToldInStream?(error: GatewayError): boolean;
  /** Whether `anthropic-*` headers of the client belong to the provider. @default false */
  readonly isNative?: boolean;
}
