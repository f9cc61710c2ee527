import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Plain JavaScript, because it runs before anything is installed. */
const { takeLock } = require("../../../cli/install/install-lock.cjs") as {
  takeLock(folder: string, name: string): Promise<() => void>;
};

describe("takeLock", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "sluice-lock-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("is held by one at a time", async () => {
    let inside = 0;
    let most = 0;
    await Promise.all(
      [1, 2, 3].map(async () => {
        const release = await takeLock(folder, "install.lock");
        inside += 1;
        most = Math.max(most, inside);
        await new Promise((resolve) => setTimeout(resolve, 50));
        inside -= 1;
        release();
      }),
    );
    expect(most).toBe(1);
  });

  it("takes over from a process that is gone", async () => {
    const gone = spawn(process.execPath, ["--version"], { stdio: "ignore" });
    await new Promise((resolve) => gone.on("exit", resolve));
    mkdirSync(join(folder, "install.lock"));
    writeFileSync(join(folder, "install.lock/pid"), String(gone.pid));
    const release = await takeLock(folder, "install.lock");
    release();
    expect(existsSync(join(folder, "install.lock"))).toBe(false);
  });

  it("takes over a lock that nobody has touched for long, as after a reboot", async () => {
    mkdirSync(join(folder, "install.lock"));
    writeFileSync(join(folder, "install.lock/pid"), String(process.pid));
    utimesSync(join(folder, "install.lock"), new Date(0), new Date(0));
    (await takeLock(folder, "install.lock"))();
  });
});
