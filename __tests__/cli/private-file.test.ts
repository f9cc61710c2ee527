import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writePrivateFile } from "../../cli/private-file";
import { temporaryFolder } from "../support/temporary-folder";

describe("writePrivateFile", () => {
  it("replaces a file as a whole, closes it to others and leaves nothing beside it", () => {
    const folder = temporaryFolder();
    const file = join(folder, "record.json");
    writeFileSync(file, "a longer text than the new one", { mode: 0o644 });
    writePrivateFile(file, "new");
    expect(readFileSync(file, "utf8")).toBe("new");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(["record.json"]);
  });

  it("leaves the former file when it cannot write", () => {
    const folder = temporaryFolder();
    const file = join(folder, "record.json");
    writePrivateFile(file, "former");
    // Somebody else's file under the name of ours.
    writeFileSync(`${file}.${process.pid}.tmp`, "");
    expect(() => writePrivateFile(file, "new")).toThrow("EEXIST");
    expect(readFileSync(file, "utf8")).toBe("former");
  });
});
