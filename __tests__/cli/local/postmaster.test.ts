import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clearPostmaster, parsePostmasterPid } from "../../../cli/local/postmaster";

describe("parsePostmasterPid", () => {
  it("reads a running server's file", () => {
    const text = "4711\n/data/postgres\n1795523186\n5433\n\n127.0.0.1\n  1234 0\nready   \n";
    expect(parsePostmasterPid(text)).toEqual({ pid: 4711, dataDir: "/data/postgres", port: 5433 });
  });
  it("reads the file of a server that is starting", () =>
    expect(parsePostmasterPid("4711\n/data\n1795523186\n")).toEqual({ pid: 4711, dataDir: "/data" }));
  it.each(["", "\n", "abc\n/data\n", "0\n/data\n", "-5\n/data\n", "4711\n"])("takes %j as damaged", (text) =>
    expect(parsePostmasterPid(text)).toBeUndefined(),
  );
});

describe("clearPostmaster", () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "sluice-postmaster-"));
    file = join(folder, "postmaster.pid");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("has nothing to do after an orderly stop", async () =>
    expect(await clearPostmaster(folder)).toBe("nothing"));

  it.each([["damaged"], [""]])("removes a file with %j in it", async (text) => {
    writeFileSync(file, text);
    expect(await clearPostmaster(folder)).toBe("stale file");
    expect(existsSync(file)).toBe(false);
  });

  it("leaves a process alone that got the number of the server", async () => {
    const other = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60000)"], { stdio: "ignore" });
    try {
      writeFileSync(file, `${other.pid}\n${folder}\n1\n5432\n`);
      expect(await clearPostmaster(folder)).toBe("stale file");
      expect(other.exitCode).toBeNull();
      expect(other.signalCode).toBeNull();
    } finally {
      other.kill("SIGKILL");
    }
  });
});
