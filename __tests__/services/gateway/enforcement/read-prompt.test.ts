import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readPrompt } from "../../../../services/gateway/enforcement/read-prompt";
import { temporaryFolder } from "../../../support/temporary-folder";

const folder = temporaryFolder();

it("reads a file", () => {
  const path = join(folder, "a.md");
  writeFileSync(path, "Be careful.");
  expect(readPrompt(path)).toEqual({ bytes: Buffer.from("Be careful.") });
});

it("reads no more than it must to see that a file is too long", () => {
  const path = join(folder, "long.md");
  writeFileSync(path, "x".repeat(200_000));
  expect(readPrompt(path)).toEqual({ bytes: Buffer.alloc(65_537, "x") });
});

it("says why there is nothing to read", () => {
  mkdirSync(join(folder, "folder.md"));
  execFileSync("mkfifo", [join(folder, "pipe.md")]);
  expect(readPrompt(join(folder, "missing.md"))).toEqual({ unreadable: "ENOENT" });
  expect(readPrompt(join(folder, "folder.md"))).toEqual({ unreadable: "not a file" });
  expect(readPrompt(join(folder, "pipe.md"))).toEqual({ unreadable: "not a file" });
});
