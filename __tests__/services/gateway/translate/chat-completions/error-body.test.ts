import { GatewayError, invalidRequest } from "../../../../../services/gateway/errors";
import { toChatError } from "../../../../../services/gateway/translate/chat-completions/error-body";

const tooLong = (message: string) =>
  new GatewayError(400, "invalid_request_error", message, { code: "context_length_exceeded" });

test.each([
  [
    "prompt is too long: 210000 tokens > 200000 maximum",
    "This model's maximum context length is 200000 tokens; prompt is too long: 210000 tokens > 200000 maximum",
  ],
  [
    "Input is too long for requested model.",
    "This model's maximum context length is exceeded; Input is too long for requested model.",
  ],
  [
    "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length",
    "This model's maximum context length is exceeded; input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length",
  ],
  ["too many for the context window", "too many for the context window"],
])("%s", (message, expected) => {
  expect(toChatError(tooLong(message))).toEqual({
    error: {
      message: expected,
      type: "invalid_request_error",
      param: null,
      code: "context_length_exceeded",
    },
  });
});

test("every other error is as it is", () => {
  const error = invalidRequest("prompt is too long", "messages");
  expect(toChatError(error)).toEqual(error.toBody());
});
