import {
  describeAnswer,
  describeSent,
  droppedParamsHeader,
  routingHeaders,
} from "../../../../../services/gateway/http/response-headers";

describe("describe sent", () => {
  /** Takes headers as a reply does. */
  function fakeReply() {
    const headers = new Map<string, unknown>();
    const reply = {
      header: (name: string, value: unknown) => headers.set(name, value),
      removeHeader: (name: string) => headers.delete(name),
    };
    return { headers, reply: reply as unknown as Parameters<typeof describeSent>[0] };
  }

  const sent = (props: Partial<Parameters<typeof describeSent>[1]>) => ({
    maskedPatterns: [],
    droppedParams: [],
    plan: {},
    shortenedTo: undefined,
    ...props,
  });

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
    describeSent(reply, sent({ maskedPatterns: ["aws", "jwt"], shortenedTo: 300 }));
    expect(Object.fromEntries(headers)).toEqual({
      "x-gateway-masked": "aws, jwt",
      "x-gateway-max-tokens": "300",
    });
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
});

it.each([
  [["seed"], "seed"],
  [["seed", "input.web_search_call", "tools[0]"], "seed, input.web_search_call, tools[0]"],
  [["日本\r\nset-cookie: a"], "%E6%97%A5%E6%9C%AC%0D%0Aset-cookie%3A%20a"],
  [["a, b"], "a%2C%20b"],
  [["\ud83d"], "%EF%BF%BD"],
  [[""], ""],
  [["日".repeat(8)], `${"%E6%97%A5".repeat(7)}...`],
  [["x".repeat(64)], "x".repeat(64)],
  [["x".repeat(65)], `${"x".repeat(64)}...`],
  [Array.from({ length: 23 }, () => "n"), `${"n, ".repeat(20)}and 3 more`],
])("%j → %s", (names, header) => expect(droppedParamsHeader(names)).toBe(header));

it("stays short, whatever the names are", () => {
  const names = Array.from({ length: 50_000 }, (_unused, index) => `${index}${"日".repeat(1000)}`);
  expect(droppedParamsHeader(names).length).toBeLessThan(1500);
});

it("names who answers in what a header can hold", () => {
  expect(routingHeaders({ id: "größe/0", modelName: "größe" }, 2)).toEqual({
    "x-litellm-model-id": "gr%C3%B6%C3%9Fe/0",
    "x-litellm-model-group": "gr%C3%B6%C3%9Fe",
    "x-litellm-attempted-retries": "1",
  });
});
