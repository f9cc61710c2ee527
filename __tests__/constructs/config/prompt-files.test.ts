import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parsePlatform } from "../../../constructs/config/load";
import { readPromptFiles } from "../../../constructs/config/prompt-files";
import { temporaryFolder } from "../../support/temporary-folder";

const PLATFORM = `apiVersion: sluice/v1
enforcement:
  default: pair
  levels:
    - { name: pair, file: pair.md, strictness: 150 }
`;

const folderWith = (files: Record<string, string | Buffer>) => {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
};
const GOOD = {
  "standard.md": "Be careful.",
  "design-first.md": "Design first.",
  "pair.md": "Work in pairs.",
};
const parse = (files: Record<string, string | Buffer>) =>
  parsePlatform(PLATFORM, "platform.yaml", { promptsFolder: folderWith(files) });

it("reads one text for each level that adds something", () => {
  expect(readPromptFiles(parse(GOOD).enforcement, folderWith({ ...GOOD, "README.md": "not rules" }))).toEqual(
    GOOD,
  );
});

it.each([
  ["empty", " \n", "is empty"],
  ["longer than the gateway reads", "x".repeat(64 * 1024 + 1), "has 65537 bytes, allowed are 65536"],
  ["not UTF-8", Buffer.from([0x41, 0xff]), "is not valid UTF-8"],
  ["not a text", "a\0b", "is not a text: it has a zero byte"],
])("refuses rules that are %s, where platform.yaml names them", (_what, content, fault) => {
  expect(() => parse({ ...GOOD, "pair.md": content })).toThrow(
    `platform.yaml:5:27 enforcement.levels[0].file: prompts/pair.md ${fault}; without valid rules the gateway refuses every request of level pair; remedy: write the rules into that file`,
  );
});

it("asks for the files of the standard levels, too", () => {
  const { "standard.md": _gone, ...files } = GOOD;
  expect(() => parse(files)).toThrow(
    /^platform\.yaml:3:3 enforcement: prompts\/standard\.md cannot be read \(ENOENT\)/,
  );
});
