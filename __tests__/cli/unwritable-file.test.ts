import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { main } from "../../cli/main";
import { explainUnwritable } from "../../cli/unwritable-file";
import { temporaryFolder } from "../support/temporary-folder";

const fault = (code: string, path?: string) =>
  Object.assign(new Error(`${code}: of node:fs`), { code, ...(path === undefined ? {} : { path }) });
const env = { SLUICE_HOME: "/srv/home" };

describe("a home that cannot be written to", () => {
  it.each([
    ["EROFS", "/srv/home/cdktf.out/stacks/platform", "the file system is read-only (EROFS)", "SLUICE_HOME"],
    [
      "EACCES",
      "/srv/home",
      "your user may not (EACCES)",
      "/srv/home, which must be a folder that your user may write to",
    ],
    ["ENOSPC", "/srv/home/rotation.json", "the disk is full (ENOSPC)", "images prune"],
    ["ENOSPC", undefined, "/srv/home cannot be written: the disk is full (ENOSPC)", "images prune"],
  ])("is told for what it is: %s at %s", (code, path, problem, remedy) => {
    const error = explainUnwritable(fault(code, path), env);
    expect(error?.problem).toContain(problem);
    expect(error?.remedy).toContain(remedy);
  });

  it.each([
    ["a file of somebody else", fault("EROFS", "/srv/homestead/file")],
    ["a bug", fault("EISDIR", "/srv/home/file")],
    ["no error of node:fs", new TypeError("x is not a function")],
  ])("is not blamed for %s", (_what, error) => expect(explainUnwritable(error, env)).toBeUndefined());

  it("is told by every command", async () => {
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "");
    const environment = process.env;
    let out = "";
    jest.spyOn(console, "error").mockImplementation((...[text]: unknown[]) => {
      out += `${text}\n`;
    });
    process.env = { ...environment, SLUICE_HOME: join(file, "home"), SLUICE_CONFIG: "platform.example.yaml" };
    try {
      expect(await main(["init"])).toBe(1);
    } finally {
      process.env = environment;
      jest.restoreAllMocks();
    }
    expect(out).toMatch(
      /^error: .*home.* cannot be read: there is a file where a folder should be \(ENOTDIR\)\n/,
    );
    expect(out).not.toMatch(/^\s+at /m);
  });
});
