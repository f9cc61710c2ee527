import type { GatewayError } from "../errors/gateway-error";
import type { WireError } from "../http/errors";
import type { JsonObject } from "../json/json-value";
import * as chatAnswer from "../wire/chat-completions/answer";
import type { ChatAnswerPlan } from "../wire/chat-completions/answer-parts";
import * as chatStream from "../wire/chat-completions/stream";
import * as chatRequest from "../wire/chat-completions/to-messages";
import type { CollectedMessage } from "../wire/internal/collect";
import type { MessagesRequest, MessagesTarget } from "../wire/internal/request";
import * as messagesAnswer from "../wire/messages/answer";
import * as messagesRequest from "../wire/messages/to-messages";
import type { ResponsesAnswerPlan } from "../wire/responses/response-object";
import * as responsesAnswer from "../wire/responses/stream";
import * as responsesRequest from "../wire/responses/to-messages";
import type { AnswerIdentity, AnswerStream } from "../wire/shared/answer-stream";

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

/** OpenAI's chat completions. */
export const chatCompletions: WireApi<ChatAnswerPlan> = {
  paths: ["/v1/chat/completions", "/chat/completions"],
  idOf: (requestId) => `chatcmpl-${requestId}`,
  toMessages: chatRequest.toMessages,
  createStream: chatStream.createStream,
  toAnswer: chatAnswer.toAnswer,
  toError: (error) => ({ status: error.status, body: chatAnswer.toChatError(error) }),
};

/** Anthropic's messages. */
export const messages: WireApi<object> = {
  paths: ["/v1/messages", "/messages"],
  idOf: (requestId) => requestId,
  toMessages: messagesRequest.toMessages,
  createStream: messagesAnswer.createStream,
  toAnswer: messagesAnswer.toAnswer,
  toError: (error, requestId) => ({
    status: messagesAnswer.toMessagesStatus(error),
    body: messagesAnswer.toMessagesError(error, requestId),
  }),
  isNative: true,
};

/** OpenAI's responses, without memory: each request holds its whole conversation. */
export const responses: WireApi<ResponsesAnswerPlan> = {
  paths: ["/v1/responses", "/responses"],
  idOf: (requestId) => `resp_${requestId}`,
  toMessages: responsesRequest.toMessages,
  createStream: responsesAnswer.createStream,
  toAnswer: responsesAnswer.toAnswer,
  // As OpenAI does. Codex shortens the conversation for it then; with a status of 400 it gives up.
  isToldInStream: ({ code }) => code === "context_length_exceeded",
  toError: (error) => ({ status: error.status, body: chatAnswer.toChatError(error) }),
};
