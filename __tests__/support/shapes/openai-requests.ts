import type OpenAI from "openai";
import type * as Shared from "openai/resources/shared";

/** Requests of OpenAI's APIs and their parts, as its client's types have them. */
export type ChatRequest = OpenAI.Chat.ChatCompletionCreateParamsNonStreaming;
export type ChatSystemMessage = OpenAI.Chat.ChatCompletionSystemMessageParam;
export type ChatUserMessage = OpenAI.Chat.ChatCompletionUserMessageParam;
export type ChatAssistantMessage = OpenAI.Chat.ChatCompletionAssistantMessageParam;
export type ChatToolMessage = OpenAI.Chat.ChatCompletionToolMessageParam;
export type ChatTextPart = OpenAI.Chat.ChatCompletionContentPartText;
export type ChatImagePart = OpenAI.Chat.ChatCompletionContentPartImage;
export type ChatImageUrl = OpenAI.Chat.ChatCompletionContentPartImage.ImageURL;
export type ChatFile = OpenAI.Chat.ChatCompletionContentPart.File.File;
export type ChatToolCall = OpenAI.Chat.ChatCompletionMessageFunctionToolCall;
export type ChatTool = OpenAI.Chat.ChatCompletionFunctionTool;
export type FunctionDefinition = OpenAI.FunctionDefinition;
export type ChatStreamOptions = OpenAI.Chat.ChatCompletionStreamOptions;
export type JsonSchemaFormat = Shared.ResponseFormatJSONSchema.JSONSchema;

export type ResponsesRequest = OpenAI.Responses.ResponseCreateParamsNonStreaming;
export type ResponsesMessage = OpenAI.Responses.EasyInputMessage;
export type ResponsesText = OpenAI.Responses.ResponseInputText;
export type ResponsesImage = OpenAI.Responses.ResponseInputImage;
export type ResponsesFile = OpenAI.Responses.ResponseInputFile;
export type ResponsesCall = OpenAI.Responses.ResponseFunctionToolCall;
export type ResponsesCallOutput = OpenAI.Responses.ResponseInputItem.FunctionCallOutput;
export type ResponsesReasoning = OpenAI.Responses.ResponseReasoningItem;
export type ResponsesFunction = OpenAI.Responses.FunctionTool;
export type ResponsesCustom = OpenAI.Responses.CustomTool;
export type ResponsesTextConfig = OpenAI.Responses.ResponseTextConfig;
export type ResponsesReasoningConfig = OpenAI.Reasoning;
export type ResponsesStreamOptions = OpenAI.Responses.ResponseCreateParams.StreamOptions;
