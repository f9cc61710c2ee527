import * as chatAnswer from "../translate/chat-completions/answer";
import type { ChatAnswerPlan } from "../translate/chat-completions/answer-plan";
import { toChatError } from "../translate/chat-completions/error-body";
import * as chatStream from "../translate/chat-completions/stream";
import * as chatRequest from "../translate/chat-completions/to-messages";
import * as messagesAnswer from "../translate/messages/answer";
import { toMessagesError, toMessagesStatus } from "../translate/messages/error-body";
import * as messagesStream from "../translate/messages/stream";
import * as messagesRequest from "../translate/messages/to-messages";
import * as responsesAnswer from "../translate/responses/answer";
import type { ResponsesAnswerPlan } from "../translate/responses/answer-plan";
import * as responsesStream from "../translate/responses/stream";
import * as responsesRequest from "../translate/responses/to-messages";
import type { WireApi } from "./wire-api";

/** OpenAI's chat completions. */
export const chatCompletions: WireApi<ChatAnswerPlan> = {
  paths: ["/v1/chat/completions", "/chat/completions"],
  idOf: (requestId) => `chatcmpl-${requestId}`,
  toMessages: chatRequest.toMessages,
  createStream: chatStream.createStream,
  toAnswer: chatAnswer.toAnswer,
  toError: (error) => ({ status: error.status, body: toChatError(error) }),
};

/** Anthropic's messages. */
export const messages: WireApi<object> = {
  paths: ["/v1/messages", "/messages"],
  idOf: (requestId) => requestId,
  toMessages: messagesRequest.toMessages,
  createStream: messagesStream.createStream,
  toAnswer: messagesAnswer.toAnswer,
  toError: (error, requestId) => ({
    status: toMessagesStatus(error),
    body: toMessagesError(error, requestId),
  }),
  isNative: true,
};

/** OpenAI's responses, without memory: each request holds its whole conversation. */
export const responses: WireApi<ResponsesAnswerPlan> = {
  paths: ["/v1/responses", "/responses"],
  idOf: (requestId) => `resp_${requestId}`,
  toMessages: responsesRequest.toMessages,
  createStream: responsesStream.createStream,
  toAnswer: responsesAnswer.toAnswer,
  // As OpenAI does. Codex shortens the conversation for it then; with a status of 400 it gives up.
  isToldInStream: ({ code }) => code === "context_length_exceeded",
  toError: (error) => ({ status: error.status, body: toChatError(error) }),
};
