import { limitBreakpoints } from "../../../../services/gateway/enforcement/limit-breakpoints";
import type { MessagesRequest } from "../../../../services/gateway/messages/request";

const mark = { cache_control: { type: "ephemeral" } };
const text = (value: string, isMarked = true) => ({
  type: "text" as const,
  text: value,
  ...(isMarked ? mark : {}),
});
const request = (parts: Partial<MessagesRequest>): MessagesRequest => ({
  model: "m",
  max_tokens: 1,
  messages: [],
  ...parts,
});

/** Texts and names whose marks are left. */
function markedIn(value: unknown): unknown[] {
  if (Array.isArray(value)) return value.flatMap(markedIn);
  if (typeof value !== "object" || value === null) return [];
  const { cache_control: own, ...rest } = value as Record<string, unknown>;
  return [
    ...(own ? [rest["text"] ?? rest["name"] ?? rest["type"] ?? "request"] : []),
    ...Object.values(rest).flatMap(markedIn),
  ];
}

it("returns a request with four marks as it is", () => {
  const four = request({
    system: [text("s")],
    messages: [{ role: "user", content: [text("1"), text("2"), text("3")] }],
  });
  expect(limitBreakpoints(four)).toBe(four);
});

it.each<[string, Partial<MessagesRequest>, string[]]>([
  [
    "oldest messages first",
    {
      system: [text("s")],
      messages: [
        { role: "user", content: [text("1"), text("2")] },
        { role: "user", content: [text("3"), text("4")] },
      ],
    },
    ["s", "2", "3", "4"],
  ],
  [
    "inside results of tools",
    {
      messages: [
        {
          role: "user",
          content: [{ type: "tool_result", content: [text("1"), text("2")], ...mark }, text("3"), text("4")],
        },
      ],
    },
    ["tool_result", "2", "3", "4"],
  ],
  [
    "then system, then tools",
    {
      system: [text("s1"), text("s2")],
      tools: [
        { name: "t1", ...mark },
        { name: "t2", ...mark },
        { name: "t3", ...mark },
        { name: "t4", ...mark },
        { name: "t5", ...mark },
      ],
      messages: [{ role: "user", content: [text("1")] }],
    },
    ["t2", "t3", "t4", "t5"],
  ],
  [
    "automatic caching counts",
    { ...mark, messages: [{ role: "user", content: [text("1"), text("2"), text("3"), text("4")] }] },
    ["request", "2", "3", "4"],
  ],
])("drops the surplus: %s", (_name, parts, expected) => {
  const before = JSON.stringify(parts);
  expect(markedIn(limitBreakpoints(request(parts)))).toEqual(expect.arrayContaining(expected));
  expect(markedIn(limitBreakpoints(request(parts)))).toHaveLength(4);
  expect(JSON.stringify(parts)).toBe(before);
});
