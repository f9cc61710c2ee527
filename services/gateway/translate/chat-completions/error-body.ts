import type { OpenAiErrorBody } from "../../../shared/error-body";
import type { GatewayError } from "../../errors";

/** Clients look for one of these to shorten the conversation and try again. */
const SAYS_CONTEXT_LENGTH = /context (?:length|window)|maximum context/i;
/** Anthropic: `prompt is too long: 210000 tokens > 200000 maximum`. */
const LIMIT = /> (\d+) maximum/;

/** An error in the form of OpenAI's chat completions. */
export function toChatError(error: GatewayError): OpenAiErrorBody {
  const body = error.toBody();
  if (error.code !== "context_length_exceeded" || SAYS_CONTEXT_LENGTH.test(error.message)) return body;
  const limit = LIMIT.exec(error.message)?.[1];
  const subject =
    limit === undefined
      ? "This model's maximum context length is exceeded"
      : `This model's maximum context length is ${limit} tokens`;
  return { error: { ...body.error, message: `${subject}; ${error.message}` } };
}
