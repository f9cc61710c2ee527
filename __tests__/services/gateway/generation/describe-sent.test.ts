import { describeAnswer, describeSent } from "../../../../services/gateway/generation/describe-sent";

/** Takes headers as a reply does. */
function fakeReply() {
  const headers = new Map<string, unknown>();
  const reply = {
    header: (name: string, value: unknown) => headers.set(name, value),
    removeHeader: (name: string) => headers.delete(name),
  };
  return { headers, reply: reply as unknown as Parameters<typeof describeSent>[0] };
}

const sent = (props: object) =>
  ({ findings: [], droppedParams: [], plan: {}, ...props }) as unknown as Parameters<typeof describeSent>[1];

test("headers of one attempt take the place of those before it", () => {
  const { headers, reply } = fakeReply();
  describeSent(
    reply,
    sent({ droppedParams: ["seed"], plan: { degradations: ["tool_choice=auto", "reasoning=low"] } }),
  );
  expect(Object.fromEntries(headers)).toEqual({
    "x-gateway-dropped-params": "seed",
    "x-gateway-degraded": "tool_choice=auto, reasoning=low",
  });
  describeSent(reply, sent({ findings: [{ patternId: "aws" }] }));
  expect([...headers.keys()]).toEqual(["x-gateway-masked"]);
  describeSent(reply, sent({ plan: { degradations: [] } }));
  expect([...headers.keys()]).toEqual([]);
});

test.each([
  ["msg_01AbC", "msg_01AbC"],
  ["msg_bdrk_01", "msg_bdrk_01"],
  ["", undefined],
  ["a\r\nset-cookie: b", undefined],
  ["é", undefined],
  ["a".repeat(129), undefined],
  [null, undefined],
])("the provider's id %j gives the header %j", (id, expected) => {
  const { headers, reply } = fakeReply();
  describeAnswer(reply, id);
  expect(headers.get("x-gateway-upstream-id")).toBe(expected);
});
