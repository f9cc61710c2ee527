import type OpenAI from "openai";

/** Answers of OpenAI's APIs, as its client's types have them; those are made from its OpenAPI document. */
export type ChatCompletion = OpenAI.Chat.ChatCompletion;
export type ChatCompletionChunk = OpenAI.Chat.ChatCompletionChunk;
/** The client adds `output_text`; the API does not send it. */
export type ResponseObject = Omit<OpenAI.Responses.Response, "output_text">;
export type ResponseStreamEvent = OpenAI.Responses.ResponseStreamEvent;
export type ModelList = { object: "list"; data: OpenAI.Models.Model[] };
export type Model = OpenAI.Models.Model;
/** In the body of an error, and as the last event of a stream that failed. */
export interface ErrorBody {
  error: { message: string; type: string; param: string | null; code: string | null };
}
