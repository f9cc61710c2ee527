import { MessageCollector } from "../../../../../services/gateway/messages/collect";
import type { CollectedMessage } from "../../../../../services/gateway/messages/collected-message";
import { toAnswer } from "../../../../../services/gateway/translate/responses/answer";
import type { ResponsesAnswerPlan } from "../../../../../services/gateway/translate/responses/answer-plan";
import { STREAMS } from "../../../../support/services/message-streams";
import { Random } from "../../../../support/services/random";
import { randomStream } from "../../../../support/services/random-stream";
import {
  block,
  FIXTURES,
  IDENTITY,
  json,
  message,
  PLAN,
  readEvents,
  type Source,
  signature,
  streamText,
  textBlock,
  thinking,
  toEvent,
  USAGE,
} from "../../../../support/services/responses-fixtures";

function collect(sources: readonly Source[]): CollectedMessage {
  const collector = new MessageCollector();
  for (const source of sources) collector.push(toEvent(source));
  return collector.message();
}

test.each(FIXTURES)("$name is the response that the stream ends with", ({ sources, plan = PLAN, output }) => {
  const answer = toAnswer(collect(sources), IDENTITY, plan);
  expect(answer).toEqual(readEvents(streamText(sources, plan)).at(-1)?.["response"]);
  expect(answer).toMatchObject({ output });
});

test("reasoning is sealed as in the stream", () => {
  const plan: ResponsesAnswerPlan = { ...PLAN, showsReasoning: true, includesEncryptedReasoning: true };
  const sources = message([
    ...block(0, { type: "thinking", thinking: "", signature: "" }, thinking("Hé"), signature("c2ln")),
    ...block(1, { type: "redacted_thinking", data: "b3BhcXVl" }),
    ...textBlock(2, "a"),
  ]);
  const answer = toAnswer(collect(sources), IDENTITY, plan);
  expect(answer).toEqual(readEvents(streamText(sources, plan)).at(-1)?.["response"]);
});

test("a response has its settings, counters and end", () => {
  const answer = toAnswer(collect(message(textBlock(0, "a"), "refusal")), IDENTITY, PLAN);
  expect(answer).toEqual({
    id: "resp_0f3c-1",
    object: "response",
    created_at: 1_790_000_000,
    model: "claude",
    status: "incomplete",
    error: null,
    incomplete_details: { reason: "content_filter" },
    output: [
      expect.objectContaining({ status: "incomplete" }),
      expect.objectContaining({ content: [{ type: "refusal", refusal: "The model refused to answer." }] }),
    ],
    usage: USAGE,
    ...PLAN.settings,
  });
});

test.each([
  ["resp_1-a", "resp_1-a"],
  ["chatcmpl-1-a", "resp_1-a"],
  ['1"a', "resp_1a"],
])("the id %s becomes %s", (id, expected) => {
  expect(toAnswer(collect(message([])), { ...IDENTITY, id }, PLAN)).toMatchObject({ id: expected });
});

const PLANS: readonly Partial<ResponsesAnswerPlan>[] = [
  {},
  { showsReasoning: true, includesEncryptedReasoning: true },
  { hiddenJsonTool: "one" },
  { isJsonText: true },
  { tools: new Map([["one", { kind: "custom", name: "patch", namespace: undefined }]]) },
  { tools: new Map([["two", { kind: "function", name: "go", namespace: "mcp" }]]) },
];

test("random streams: the same response as without a stream", () => {
  for (let seed = 1; seed <= 500; seed += 1) {
    const random = new Random(seed);
    const sources = randomStream(random);
    const plan = { ...PLAN, ...random.pick(PLANS) };
    const events = readEvents(streamText(sources, plan));
    expect([seed, toAnswer(collect(sources), IDENTITY, plan)]).toEqual([seed, events.at(-1)?.["response"]]);
    expect(events.map((event) => event["sequence_number"])).toEqual(events.map((_event, index) => index));
  }
});

test("an input that was written as {} is the same where the length cut the answer off", () => {
  const sources = message(
    block(0, { type: "tool_use", id: "toolu_1", name: "now", input: {} }, json("{}")),
    "max_tokens",
  );
  const answer = toAnswer(collect(sources), IDENTITY, PLAN);
  expect(answer).toEqual(readEvents(streamText(sources)).at(-1)?.["response"]);
  expect(answer).toMatchObject({ output: [{ arguments: "{}", status: "incomplete" }] });
});

test("text that was asked to be JSON has no fence", () => {
  const plan = { ...PLAN, isJsonText: true };
  const sources = message([...textBlock(0, "```js", 'on\n{"a":1}', "\n```"), ...textBlock(1, "[]")]);
  const answer = toAnswer(collect(sources), IDENTITY, plan);
  expect(answer).toEqual(readEvents(streamText(sources, plan)).at(-1)?.["response"]);
  expect(answer).toMatchObject({
    output: [{ content: [{ text: '{"a":1}' }] }, { content: [{ text: "[]" }] }],
  });
});

test("a call that is announced twice is made once", () => {
  const sources = STREAMS["a tool in the start that is announced again"];
  const answer = toAnswer(collect(sources), IDENTITY, PLAN);
  expect(answer).toEqual(readEvents(streamText(sources)).at(-1)?.["response"]);
  expect(answer).toMatchObject({ output: [{ type: "function_call", arguments: '{"path":"a"}' }] });
});
