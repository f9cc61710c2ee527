import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { readIfPresent, writeAtomically } from "../../../../services/workspace/container/atomic-file";
import { temporaryFolder } from "../../../support/temporary-folder";

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

describe("an atomic write", () => {
  it("gives file and folder their modes, also when they were there with others", async () => {
    const folder = join(temporaryFolder(), "gateway");
    const file = join(folder, "key");
    mkdirSync(folder, { mode: 0o755 });
    writeFileSync(file, "old", { mode: 0o644 });
    chmodSync(file, 0o644);
    await writeAtomically(file, "new", { mode: 0o600, folderMode: 0o700 });
    expect([readFileSync(file, "utf8"), modeOf(file), modeOf(folder)]).toEqual(["new", "600", "700"]);
    expect(readdirSync(folder)).toEqual(["key"]);
  });

  it("replaces a symbolic link and leaves what it led to", async () => {
    const folder = temporaryFolder();
    const [file, other] = [join(folder, "file"), join(folder, "other")];
    writeFileSync(other, "other");
    symlinkSync(other, file);
    await writeAtomically(file, "mine");
    expect([readFileSync(file, "utf8"), readFileSync(other, "utf8")]).toEqual(["mine", "other"]);
  });

  it("that fails leaves nothing behind", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "file"));
    await expect(writeAtomically(join(folder, "file"), "text")).rejects.toThrow();
    expect(readdirSync(folder)).toEqual(["file"]);
  });
});

describe("a file that may be absent", () => {
  it("is undefined then; another fault is one", async () => {
    const folder = temporaryFolder();
    expect(await readIfPresent(join(folder, "none"))).toBeUndefined();
    await expect(readIfPresent(folder)).rejects.toThrow("EISDIR");
  });
});
