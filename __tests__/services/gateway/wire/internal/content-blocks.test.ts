import { RawText } from "../../../../../services/gateway/json/json-value";
import { blocksOf, visitBlocks } from "../../../../../services/gateway/wire/internal/content-blocks";

const text = (words: string) => ({ type: "text", text: words });

/** Types of the blocks that are visited, with their paths. */
function visited(content: Parameters<typeof visitBlocks>[0], maxDepth?: number): string[] {
  const seen: string[] = [];
  visitBlocks(content, ({ type }, path) => seen.push(`${path.join(".")} ${type}`), ["c"], maxDepth);
  return seen;
}

const NESTED = [
  text("a"),
  { type: "tool_result", content: [text("b"), { type: "document", source: { content: [text("c")] } }] },
  text("d"),
];

describe("visitBlocks", () => {
  it.each([undefined, null, "text", RawText.of("text"), 5, {}, []])("finds no block in %j", (content) => {
    expect(visited(content)).toEqual([]);
  });

  it("visits a block before those that it holds, each with its own path", () => {
    expect(visited(NESTED)).toEqual([
      "c.0 text",
      "c.1 tool_result",
      "c.1.content.0 text",
      "c.1.content.1 document",
      "c.1.content.1.source.content.0 text",
      "c.2 text",
    ]);
  });

  it("stops at a depth", () => {
    expect(visited(NESTED, 0)).toEqual(["c.0 text", "c.1 tool_result", "c.2 text"]);
    expect(visited(NESTED, 1)).toHaveLength(5);
  });

  it("passes over what is no object, and counts it in the path", () => {
    expect(visited([null, "x", [text("a")], text("b")])).toEqual(["c.3 text"]);
  });

  it("does not take the input of a tool for blocks", () => {
    expect(visited([{ type: "tool_use", input: { content: [text("a")] } }])).toEqual(["c.0 tool_use"]);
  });

  it("leaves the path that it was given alone, also when the visitor throws", () => {
    const path = ["c"];
    const refuse = () => {
      throw new Error("refused");
    };
    expect(() => visitBlocks(NESTED, refuse, path)).toThrow("refused");
    expect(path).toEqual(["c"]);
  });
});

describe("blocksOf", () => {
  it("finds none in one text", () => {
    expect(blocksOf({ role: "user", content: "hi" })).toEqual([]);
    expect(blocksOf({ role: "user", content: [text("a")] })).toEqual([text("a")]);
  });
});
