import { shortenAnswer } from "../../../../services/gateway/ledger/shorten-answer";

const enabled = (budget_tokens: number) => ({ type: "enabled", budget_tokens });

test.each<[string, object, number, object]>([
  ["nothing to shorten", { max_tokens: 100 }, 100, { max_tokens: 100 }],
  ["no thinking", { max_tokens: 100 }, 50, { max_tokens: 50 }],
  [
    "thinking that still fits",
    { max_tokens: 32_000, thinking: enabled(4000) },
    5000,
    { max_tokens: 5000, thinking: enabled(4000) },
  ],
  [
    "thinking that does not",
    { max_tokens: 32_000, thinking: enabled(31_999) },
    5000,
    { max_tokens: 5000, thinking: enabled(4744) },
  ],
  [
    "the least of both",
    { max_tokens: 32_000, thinking: enabled(31_999) },
    1280,
    { max_tokens: 1280, thinking: enabled(1024) },
  ],
  [
    "thinking between tool calls, which may be more",
    { max_tokens: 4000, thinking: enabled(8000) },
    2000,
    { max_tokens: 2000, thinking: enabled(8000) },
  ],
  [
    "adaptive thinking",
    { max_tokens: 4000, thinking: { type: "adaptive" } },
    2000,
    { max_tokens: 2000, thinking: { type: "adaptive" } },
  ],
])("%s", (_name, message, maxTokens, expected) => {
  expect(shortenAnswer(message as { max_tokens: number }, maxTokens)).toEqual(expected);
});
