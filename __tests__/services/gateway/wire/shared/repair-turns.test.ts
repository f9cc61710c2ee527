import type { TurnItem } from "../../../../../services/gateway/wire/shared/conversation";
import { repairTurns } from "../../../../../services/gateway/wire/shared/repair-turns";

const text = (words: string) => ({ type: "text", text: words });
const use = (id: string) => ({ type: "tool_use", id, name: "f", input: {} });
const user = (...words: string[]): TurnItem => ({ kind: "user", blocks: words.map(text) });
const said = (...blocks: { type: string }[]): TurnItem => ({ kind: "assistant", blocks });
const result = (callId: string, content = "ok"): TurnItem => ({
  kind: "result",
  callId,
  content,
  isError: false,
  cacheControl: undefined,
});

/** Turns in short: roles, with texts, calls and results. */
const repair = (...items: TurnItem[]) =>
  repairTurns(items).map(({ role, content }) => [
    role,
    ...(content as { type: string; text?: string; id?: string; tool_use_id?: string }[]).map(
      (block) => block.text ?? block.id ?? `${block.tool_use_id}'s`,
    ),
  ]);

it("has no turns without content", () => {
  expect(repair()).toEqual([]);
  expect(repair(user(" "), said(text("")))).toEqual([]);
});

it("begins with the user, and merges neighbours of one role", () => {
  expect(repair(said(text("a")), said(text("b")), user("c"), user("d"))).toEqual([
    ["user", "."],
    ["assistant", "a", "b"],
    ["user", "c", "d"],
  ]);
});

it("puts results behind their calls, in the order of the calls, before what the user says", () => {
  expect(repair(user("q"), said(use("a"), use("b")), result("b"), user("x"), result("a"))).toEqual([
    ["user", "q"],
    ["assistant", "a", "b"],
    ["user", "a's", "b's", "x"],
  ]);
});

it("makes up a result that is missing", () => {
  const [, , last] = repairTurns([user("q"), said(use("a"))]);
  expect(last).toEqual({
    role: "user",
    content: [
      {
        type: "tool_result",
        tool_use_id: "a",
        content: "No result was provided for this tool call.",
        is_error: true,
      },
    ],
  });
});

it("counts the last of several results for one call", () => {
  const [, , last] = repairTurns([user("q"), said(use("a")), result("a", "1"), result("a", "2")]);
  expect(last?.content).toMatchObject([{ tool_use_id: "a", content: "2" }]);
});

it("says a result without a call as text of the user", () => {
  expect(repair(user("q"), result("z", "lost"))).toEqual([
    ["user", "q", "Result of an earlier tool call:", "lost"],
  ]);
});

it("gives calls ids that are valid and unique", () => {
  const turns = repair(
    user("q"),
    said(use("a b")),
    result("a b"),
    said(use("a b")),
    result("a b"),
    said(use("")),
  );
  expect(turns.filter(([role]) => role === "assistant").map(([, id]) => id)).toEqual([
    "a_b",
    "a_b_2",
    "call",
  ]);
});

it("drops a turn of nothing but thinking", () => {
  const thinking = { type: "thinking", thinking: "t", signature: "s" };
  expect(repair(user("q"), said(thinking), user("r"))).toEqual([["user", "q", "r"]]);
});
