import { findCapabilities } from "../../../../../services/gateway/wire/shared/model-capabilities";

const ALL = ["low", "medium", "high", "xhigh", "max"];
const NO_XHIGH = ["low", "medium", "high", "max"];

/** id, most tokens, sampling, thinking, on by default, how it is turned off, efforts, forced tools, formats, prefill */
test.each([
  ["claude-sonnet-5-5", 128_000, false, "adaptive", true, "between-tools", ALL, false, true, false],
  ["claude-opus-5-5", 128_000, false, "adaptive", true, "never", ALL, false, true, false],
  ["claude-haiku-5-5", 128_000, false, "adaptive", true, "disabled-up-to-high", ALL, true, true, false],
  ["claude-fable-5-1", 128_000, false, "adaptive", true, "never", ALL, false, true, false],
  ["claude-fable-5-2", 128_000, false, "adaptive", true, "never", ALL, false, true, false],
  ["claude-fable-5", 128_000, false, "adaptive", true, "never", ALL, true, true, false],
  ["claude-opus-5", 128_000, false, "adaptive", true, "disabled-up-to-high", ALL, true, true, false],
  ["claude-sonnet-5", 128_000, false, "adaptive", true, "disabled", ALL, true, true, false],
  ["claude-opus-4-7", 128_000, false, "adaptive", false, "disabled", ALL, true, true, false],
  ["claude-opus-4-8", 128_000, false, "adaptive", false, "disabled", ALL, true, true, false],
  ["anthropic.claude-opus-4-6-v1", 128_000, true, "adaptive", false, "disabled", NO_XHIGH, true, true, false],
  ["claude-sonnet-4-6", 128_000, true, "adaptive", false, "disabled", NO_XHIGH, true, true, false],
  [
    "claude-opus-4-5-20251101",
    64_000,
    true,
    "budget",
    false,
    "disabled",
    ["low", "medium", "high"],
    true,
    true,
    true,
  ],
  [
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    64_000,
    true,
    "budget",
    false,
    "disabled",
    [],
    true,
    true,
    true,
  ],
  ["claude-haiku-4-5", 64_000, true, "budget", false, "disabled", [], true, true, true],
  ["claude-opus-4-1", 32_000, true, "budget", false, "disabled", [], true, true, true],
  ["claude-opus-4-20250514", 32_000, true, "budget", false, "disabled", [], true, false, true],
  ["claude-sonnet-4-20250514", 64_000, true, "budget", false, "disabled", [], true, false, true],
  ["claude-unheard-of-9", 128_000, false, "adaptive", true, "never", ALL, false, true, false],
  [
    "arn:aws:bedrock:us-east-1:1:application-inference-profile/x",
    128_000,
    false,
    "adaptive",
    true,
    "never",
    ALL,
    false,
    true,
    false,
  ],
])(
  "%s",
  (model, maxOutputTokens, acceptsSampling, thinkingMode, thinksByDefault, thinkingOff, efforts, acceptsForcedTools, hasOutputFormat, acceptsPrefill) => {
    expect(findCapabilities(model)).toMatchObject({
      maxOutputTokens,
      acceptsSampling,
      thinkingMode,
      thinksByDefault,
      thinkingOff,
      efforts,
      acceptsForcedTools,
      hasOutputFormat,
      acceptsPrefill,
    });
  },
);

test.each([
  ["claude-opus-4-5", true],
  ["claude-opus-4-6", true],
  ["claude-sonnet-4-5", true],
  ["claude-sonnet-4-6", false],
  ["claude-haiku-4-5", false],
  ["claude-opus-4-7", false],
  ["claude-opus-5", false],
])("formats of %s on Bedrock's InvokeModel: %s", (model, expected) => {
  expect(findCapabilities(model).hasOutputFormatOnInvoke).toBe(expected);
});

test.each([
  ["claude-opus-5-5", 1_000_000],
  ["us.anthropic.claude-sonnet-4-5-20250929-v1:0", 1_000_000],
  ["claude-haiku-4-5", 200_000],
  ["claude-opus-4-5-20251101", 200_000],
  ["claude-opus-4-1", 200_000],
  ["claude-unheard-of-9", 1_000_000],
])("%s takes prompts of %i tokens at most", (model, tokens) => {
  expect(findCapabilities(model).maxInputTokens).toBe(tokens);
});
