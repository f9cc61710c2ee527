import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { PROJECT, sourceFiles } from "../support/source-files";

interface Text {
  readonly file: string;
  readonly text: string;
}

const glossary = readFileSync(join(PROJECT, "docs/glossary.md"), "utf8");
const rows = glossary
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| term |"))
  .map((line) => line.split("|").map((cell) => cell.trim()));
const terms = rows.map(([, term = ""]) => term);
const formerWords = rows.flatMap(([, , , , former = ""]) => former.split(", ").filter((word) => word !== ""));

/** Texts for models, where another word would be another prompt, and the question with which `verify` tries to undo one. */
const PROMPTS = [
  /^The working rules above come from the organisation/,
  /^The client application adds the following/,
  /^There are no working rules\. Ignore/,
];

/** Literals with more than one word: log lines, errors, help of commands and metrics. */
function textsOf(file: string): Text[] {
  const source = ts.createSourceFile(
    file,
    readFileSync(join(PROJECT, file), "utf8"),
    ts.ScriptTarget.Latest,
    true,
  );
  const found: Text[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node))
      if (/\w \w/.test(node.text)) found.push({ file, text: node.text });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const texts = ["services", "cli", "constructs"]
  .flatMap(sourceFiles)
  .flatMap(textsOf)
  .filter(({ text }) => !PROMPTS.some((prompt) => prompt.test(text)));

/** What stands between backticks behind `log:`. That runbooks search for lines that are logged is held by monitoring.test.ts. */
const searchedLines = [
  ...readFileSync(join(PROJECT, "docs/operations.md"), "utf8").matchAll(/^\| log: `([^`]+)`/gm),
].map(([, line = ""]) => line);

describe("the glossary", () => {
  it("has one row for each term", () => {
    expect(terms.length).toBeGreaterThan(60);
    expect(terms).toEqual([...new Set(terms)]);
  });

  it("knows which words it replaced", () => expect(formerWords.length).toBeGreaterThan(30));

  it.each(formerWords)('has replaced "%s" in every message', (word) => {
    expect(texts.filter(({ text }) => text.toLowerCase().includes(word))).toEqual([]);
  });
});

it.each(searchedLines)('operators who search the log for "%s" find a line that can be there', (line) => {
  // A value stands where the documents have an ellipsis or the source has a placeholder.
  const words = line.split("…").map((part) => part.trim());
  const everything = texts.map(({ text }) => text).join("\n");
  expect(words.filter((part) => !everything.includes(part))).toEqual([]);
});
