import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { withPlanFile } from "../../../cli/plan/plan-file";

describe("withPlanFile", () => {
  it("gives a file that only its owner can reach, and that is gone afterwards, also after a failure", async () => {
    let seen = "";
    const failing = withPlanFile(async (file) => {
      seen = file;
      writeFileSync(file, "secret");
      expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
      throw new Error("planning failed");
    });
    await expect(failing).rejects.toThrow("planning failed");
    expect(existsSync(dirname(seen))).toBe(false);
  });

  it("removes what a killed process left, and nothing of one that runs", async () => {
    const root = await withPlanFile(async (file) => dirname(dirname(file)));
    const ended = spawnSync(process.execPath, ["-e", "console.log(process.pid)"], { encoding: "utf8" });
    const [stale, running] = [Number(ended.stdout), process.ppid].map((pid) =>
      join(root, `sluice-plan-${pid}-test`),
    );
    for (const folder of [stale, running]) mkdirSync(folder as string);
    try {
      await withPlanFile(async () => {});
      expect(existsSync(stale as string)).toBe(false);
      expect(existsSync(running as string)).toBe(true);
    } finally {
      spawnSync("rmdir", [running as string]);
    }
  });
});
