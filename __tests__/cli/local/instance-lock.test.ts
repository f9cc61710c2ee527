import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRunning, readInstance, takeInstanceLock } from "../../../cli/local/instance-lock";
import { startMark } from "../../../cli/local/process-identity";

describe("takeInstanceLock", () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "sluice-instance-"));
    file = join(folder, "sluice.pid");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("names the process and its URL, and is gone when given back", () => {
    const release = takeInstanceLock(file, "http://127.0.0.1:4000");
    expect(readInstance(file)).toMatchObject({ pid: process.pid, url: "http://127.0.0.1:4000" });
    release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("refuses a second one with pid, URL and remedy", () => {
    const release = takeInstanceLock(file, "http://127.0.0.1:4000");
    const second = () => takeInstanceLock(file, "http://127.0.0.1:5000");
    expect(second).toThrow(`process ${process.pid}, http://127.0.0.1:4000`);
    expect(second).toThrow("--data");
    release();
  });

  it.each([
    ["a process that is gone", { pid: 2 ** 22 + 1, started: "1", url: "u" }],
    ["a process whose number was given again", { pid: process.pid, started: "1", url: "u" }],
    ["nobody, being damaged", "{"],
  ])("takes over the lock of %s", (_who, content) => {
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
    const release = takeInstanceLock(file, "http://127.0.0.1:4000");
    expect(readInstance(file)).toMatchObject({ pid: process.pid, url: "http://127.0.0.1:4000" });
    release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("leaves the lock of somebody else when given back", () => {
    const release = takeInstanceLock(file, "http://127.0.0.1:4000");
    writeFileSync(file, JSON.stringify({ pid: 1, url: "u" }));
    release();
    expect(readInstance(file)?.pid).toBe(1);
  });
});

describe("isRunning", () => {
  it("knows a process by number and start", () => {
    expect(isRunning({ pid: process.pid, started: startMark(process.pid), url: "u" })).toBe(true);
    expect(isRunning({ pid: process.pid, url: "u" })).toBe(true);
    expect(isRunning({ pid: process.pid, started: "another time", url: "u" })).toBe(false);
  });
});
