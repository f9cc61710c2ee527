import {
  amount,
  fixedReference,
  MODEL_INFO_NAMES,
  modelEntry,
  SHOWN_INFO,
  timeLimit,
  wholeNumber,
} from "../../../../services/gateway/live-config/model-entry";

const ENTRY = { model_name: "claude", litellm_params: { model: "anthropic/claude-sonnet-4-5" } };
const messagesOf = (value: unknown) =>
  modelEntry.safeParse(value).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];
const params = (props: object) => ({ ...ENTRY, litellm_params: { ...ENTRY.litellm_params, ...props } });
const info = (props: object) => ({ ...ENTRY, model_info: props });

it("needs a name for clients and a model with its provider", () => {
  expect(messagesOf(ENTRY)).toEqual([]);
  expect(messagesOf({ ...ENTRY, model_name: undefined })).toEqual([
    "model_name: is missing; must be the name that clients use",
  ]);
  expect(messagesOf({ ...ENTRY, model_name: "" })).toEqual(["model_name: must not be empty"]);
  expect(messagesOf(params({ model: "openai/gpt" }))).toEqual([
    "litellm_params.model: must begin with anthropic/ or bedrock/, such as anthropic/claude-sonnet-4-5-20250929",
  ]);
});

it("takes secrets by the variable that holds them only", () => {
  expect(messagesOf(params({ api_key: "os.environ/ANTHROPIC_API_KEY" }))).toEqual([]);
  const form = "must be os.environ/NAME, the name of an environment variable that holds it";
  expect(messagesOf(params({ api_key: "sk-ant-secret" }))).toEqual([
    `litellm_params.api_key: ${form}; a secret itself must not stand in this file`,
  ]);
  expect(messagesOf(params({ aws_session_token: 1 }))).toEqual([`litellm_params.aws_session_token: ${form}`]);
  expect(fixedReference("DATABASE_URL").safeParse("os.environ/OTHER").error?.issues[0]?.message).toBe(
    "must be os.environ/DATABASE_URL; the gateway reads it from that variable only",
  );
});

it.each(["https://example.org", "http://127.0.0.1:8080/v1", "os.environ/BASE"])("takes the URL %s", (url) =>
  expect(messagesOf(params({ api_base: url }))).toEqual([]),
);
it.each(["ftp://example.org", "example.org", "os.environ/1"])("does not take the URL %s", (url) =>
  expect(messagesOf(params({ api_base: url }))).toEqual([
    "litellm_params.api_base: must be an http or https URL, or os.environ/NAME",
  ]),
);

it("reads prices in USD as whole pico-USD, and long-prompt prices as well", () => {
  const given = {
    input_cost_per_token: "3e-06",
    output_cost_per_token: 0.000015,
    input_cost_per_token_above_200k_tokens: 6e-6,
  };
  expect(modelEntry.parse(info(given)).model_info).toEqual({
    input_cost_per_token: 3_000_000,
    output_cost_per_token: 15_000_000,
    input_cost_per_token_above_200k_tokens: 6_000_000,
  });
});

it.each([-1, "free", 1e-13])("refuses the price %j", (price) => {
  expect(messagesOf(info({ input_cost_per_token: price, output_cost_per_token: 1 }))).toEqual([
    `model_info.input_cost_per_token: is ${price}; must be USD a token, not negative, with at most 12 decimal places, such as 3e-06`,
  ]);
});

it("takes both prices or none", () => {
  expect(messagesOf(info({ output_cost_per_token: 1e-6 }))).toEqual([
    "model_info: has only one of input_cost_per_token and output_cost_per_token; give both or none",
  ]);
});

it("refuses what it does not know, which is a typo", () => {
  expect(modelEntry.safeParse(params({ modle: 1 })).success).toBe(false);
  expect(modelEntry.safeParse(info({ supports_everything: true })).success).toBe(false);
  expect(modelEntry.safeParse(params({ rpm: 10 })).success).toBe(true);
});

it("names all that model_info may hold, and what of it is shown", () => {
  expect(MODEL_INFO_NAMES).toEqual(expect.arrayContaining(["id", "input_cost_per_token", ...SHOWN_INFO]));
  expect(SHOWN_INFO).not.toContain("input_cost_per_token");
  for (const name of MODEL_INFO_NAMES)
    expect(messagesOf(info({ [name]: {} })).join()).not.toMatch(/unrecognized/i);
});

describe("settings that other sections share", () => {
  it("reads time limits in seconds as milliseconds", () => {
    expect([0.1, 1.2345, 7200].map((seconds) => timeLimit.parse(seconds))).toEqual([100, 1235, 7_200_000]);
    for (const seconds of [0, 7201, "1"])
      expect(timeLimit.safeParse(seconds).error?.issues[0]?.message).toBe(
        "must be a number of seconds from 0.1 to 7200",
      );
  });

  it("reads amounts in USD as whole nano-USD", () => {
    expect([amount.parse("0.1"), amount.parse(2)]).toEqual([100_000_000, 2_000_000_000]);
    expect(amount.safeParse(-1).error?.issues[0]?.message).toBe(
      "is -1; must be an amount in USD, not negative, with at most 9 decimal places",
    );
  });

  it.each([
    [1.5, "must be a whole number"],
    [-1, "must be at least 0"],
    [6, "must be at most 5"],
    ["1", "must be a whole number from 0 to 5"],
  ])("says what is wrong with %j", (value, message) => {
    expect(wholeNumber(0, 5).safeParse(value).error?.issues[0]?.message).toBe(message);
  });
});
