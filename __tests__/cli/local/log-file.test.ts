import { mkdtempSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LogFile } from "../../../cli/local/log-file";

describe("LogFile", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "sluice-log-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (log: LogFile, text: string) =>
    log.withDescriptor((descriptor) => writeSync(descriptor, text));

  it("keeps the log of the start before", () => {
    const first = new LogFile(folder, "gateway");
    write(first, "old\n");
    first.close();
    const second = new LogFile(folder, "gateway");
    write(second, "new\n");
    second.close();
    expect(readFileSync(join(folder, "gateway.log"), "utf8")).toBe("new\n");
    expect(readFileSync(join(folder, "gateway.previous.log"), "utf8")).toBe("old\n");
  });

  it("shows its last lines", () => {
    const log = new LogFile(folder, "gateway");
    expect(log.tail()).toBe("");
    write(log, "1\n2\n3\n");
    expect(log.tail(2)).toBe("2\n3");
    log.close();
  });

  it("is truncated when too long, and its writer continues", () => {
    const log = new LogFile(folder, "gateway");
    log.withDescriptor((descriptor) => {
      writeSync(descriptor, "x".repeat(100));
      log.bound(50);
      writeSync(descriptor, "after");
    });
    expect(readFileSync(log.path, "utf8")).toBe("after");
    expect(statSync(join(folder, "gateway.previous.log")).size).toBe(100);
    log.close();
  });
});
