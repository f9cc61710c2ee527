import { NO_USAGE } from "../../../../../services/gateway/wire/internal/usage";
import {
  type ResponsesAnswerPlan,
  ResponseWriter,
  toKey,
  toResponseUsage,
} from "../../../../../services/gateway/wire/responses/response-object";

const IDENTITY = { id: "chatcmpl-a/b", created: 7, model: 'm"ü' };
const PLAN: ResponsesAnswerPlan = {
  settings: { store: false, temperature: 1 },
  tools: new Map(),
  hiddenJsonTool: undefined,
  isJsonText: false,
  showsReasoning: false,
  includesEncryptedReasoning: false,
  upstreamModel: "claude-opus-4-6",
  degradations: [],
};
const write = (state: Parameters<ResponseWriter["write"]>[0]) =>
  JSON.parse(Buffer.from(new ResponseWriter(IDENTITY, PLAN).write(state), "latin1").toString("utf8"));

test("ids share the request's own id, without the prefix of its API", () => {
  expect(toKey(IDENTITY)).toBe("ab");
  expect(toKey({ ...IDENTITY, id: "msg_1" })).toBe("1");
});

test("a response repeats its settings, and has no usage until it is known", () => {
  expect(write({ status: "in_progress" })).toEqual({
    id: "resp_ab",
    object: "response",
    created_at: 7,
    model: 'm"ü',
    status: "in_progress",
    error: null,
    incomplete_details: null,
    output: [],
    store: false,
    temperature: 1,
  });
});

test("a response says how it ended", () => {
  const usage = toResponseUsage({
    ...NO_USAGE,
    inputTokens: 1,
    cacheReadTokens: 2,
    cacheWriteTokens: 4,
    outputTokens: 8,
  });
  expect(usage).toMatchObject({ input_tokens: 7, output_tokens: 8, total_tokens: 15 });
  expect(write({ status: "incomplete", reason: "max_output_tokens", usage })).toMatchObject({
    incomplete_details: { reason: "max_output_tokens" },
    usage,
  });
  expect(write({ status: "failed", error: { code: "server_error", message: "ü" } })).toMatchObject({
    error: { code: "server_error", message: "ü" },
  });
});
