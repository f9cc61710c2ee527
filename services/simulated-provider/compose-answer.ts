import { type CountRequest, type MessageRequest, textOf } from "./message-request";

/** A whole answer, made from nothing but the request: the same request gives the same answer. */
export interface SimulatedAnswer {
  readonly text: string;
  readonly stopReason: "end_turn" | "max_tokens" | "stop_sequence";
  readonly stopSequence: string | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** English text has about four characters a token. */
const CHARACTERS_PER_TOKEN = 4;
/** What the provider adds for each message. */
const TOKENS_PER_MESSAGE = 4;
/** How much of the question is repeated, in characters. */
const MAX_QUOTE = 400;

/** Answers a request without a model. The text says so itself. */
export function composeAnswer(request: MessageRequest): SimulatedAnswer {
  const inputTokens = countInputTokens(request);
  let text = write(request, inputTokens);
  let stopReason: SimulatedAnswer["stopReason"] = "end_turn";
  const stop = findStop(text, request.stop_sequences ?? []);
  if (stop !== undefined) {
    text = text.slice(0, stop.at);
    stopReason = "stop_sequence";
  }
  if (countTokens(text) > request.max_tokens) {
    text = text.slice(0, request.max_tokens * CHARACTERS_PER_TOKEN);
    stopReason = "max_tokens";
  }
  const stopSequence = stopReason === "stop_sequence" ? (stop?.sequence ?? null) : null;
  return { text, stopReason, stopSequence, inputTokens, outputTokens: Math.max(1, countTokens(text)) };
}

/** Tokens of everything that is sent, counted by length. */
export function countInputTokens(request: CountRequest): number {
  const texts = [textOf(request.system), ...request.messages.map((message) => textOf(message.content))];
  const ofTexts = texts.reduce((sum, text) => sum + countTokens(text), 0);
  return ofTexts + request.messages.length * TOKENS_PER_MESSAGE;
}

function countTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}

function write(request: MessageRequest, inputTokens: number): string {
  const last = request.messages.filter((message) => message.role === "user").at(-1);
  const question = textOf(last?.content).trim();
  const quote = question.length > MAX_QUOTE ? `${question.slice(0, MAX_QUOTE)}…` : question;
  const system = textOf(request.system).trim();
  return [
    `[simulated] No model provider is configured, so no model has read this. You wrote: "${quote}"`,
    `The request reached the provider as ${request.model} with ${request.messages.length} message(s), ` +
      `${inputTokens} input tokens${system === "" ? "" : ` and a system prompt of ${system.length} characters`}.`,
  ].join("\n\n");
}

function findStop(text: string, sequences: readonly string[]): { at: number; sequence: string } | undefined {
  return sequences
    .filter((sequence) => sequence !== "" && text.includes(sequence))
    .map((sequence) => ({ at: text.indexOf(sequence), sequence }))
    .sort((a, b) => a.at - b.at)[0];
}
