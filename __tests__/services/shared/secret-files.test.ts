import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { readSecretFiles, withSecretFiles } from "../../../services/shared/secret-files";

let directory: string;

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "secret-files-"));
});

afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

const write = (name: string, content: string | Buffer) =>
  fs.writeFileSync(path.join(directory, name), content);

test("a variable that is not set is read from the file of its name, without the line break at the end", () => {
  write("DATABASE_PASSWORD", "from-file\n");
  write("LITELLM_MASTER_KEY", "sk-from-file\r\n");
  write("ANTHROPIC_API_KEY", "from-file");
  write("PORT", "1");
  const env = withSecretFiles({
    SECRETS_DIRECTORY: directory,
    ANTHROPIC_API_KEY: "from-environment",
    LITELLM_MASTER_KEY: "",
    PORT: undefined,
  });
  expect(env).toMatchObject({
    DATABASE_PASSWORD: "from-file",
    LITELLM_MASTER_KEY: "sk-from-file",
    ANTHROPIC_API_KEY: "from-environment",
    PORT: "1",
  });
});

test("without SECRETS_DIRECTORY the environment is as it is", () => {
  const env = { A: "1", B: "" };
  expect(withSecretFiles(env)).toBe(env);
});

test("an empty file counts as absent, and what is called otherwise than a variable is left alone", () => {
  write("EMPTY", "");
  write("BLANK_LINE", "\n");
  write(".hidden", "x");
  write("note.txt", "x");
  fs.mkdirSync(path.join(directory, "..2026"));
  write("KEPT", " blanks stay ");
  expect(readSecretFiles(directory).values).toEqual({ KEPT: " blanks stay " });
});

test("through links, as mounts of secrets are made", () => {
  fs.mkdirSync(path.join(directory, "..data"));
  fs.writeFileSync(path.join(directory, "..data", "TOKEN"), "linked");
  fs.symlinkSync(path.join("..data", "TOKEN"), path.join(directory, "TOKEN"));
  expect(readSecretFiles(directory).values).toEqual({ TOKEN: "linked" });
});

test.each([
  ["larger than 65536 bytes", "hidden".repeat(20_000)],
  ["more than one line", "hidden\nhidden"],
  ["control characters", "hidden\0"],
  ["not UTF-8", Buffer.from([0xff, 0xfe, 0x68])],
])("a wrong file is named, and its content is not: %s", (fault, content) => {
  write("FIRST", "right");
  write("API_KEY", content);
  const read = () => readSecretFiles(directory);
  expect(read).toThrow(`API_KEY: the file ${directory}/API_KEY`);
  expect(read).toThrow(fault);
  expect(read).not.toThrow("hidden");
});

test("every file that cannot be used is named", () => {
  fs.mkdirSync(path.join(directory, "A"));
  fs.symlinkSync("nowhere", path.join(directory, "B"));
  expect(() => readSecretFiles(directory)).toThrow(
    /^A: the file .*\/A is not a regular file; .*\nB: the file .*\/B cannot be read \(ENOENT\)/,
  );
});

test("a directory that is not there is named", () => {
  expect(() => withSecretFiles({ SECRETS_DIRECTORY: `${directory}/none` })).toThrow(
    `SECRETS_DIRECTORY: ${directory}/none cannot be read (ENOENT); set it to the directory of the secrets`,
  );
});

test("a directory with many files is no directory of secrets", () => {
  for (let count = 0; count <= 200; count += 1) write(`FILE_${count}`, "x");
  expect(() => readSecretFiles(directory)).toThrow("holds 201 files, of which at most 200 are read");
});
