import { runCommand } from "../../../../services/workspace/container/run-command";

const run = async (script: string, limitMs = 10_000) => {
  const lines: string[] = [];
  await runCommand("sh", ["-c", script], {
    cwd: "/",
    env: { PATH: process.env["PATH"] },
    limitMs,
    say: (line) => lines.push(line),
  });
  return lines;
};

describe("a command", () => {
  it("passes on its lines, the last one too when it has no end", async () => {
    expect(await run("echo one; printf 'two'")).toEqual(["one", "two"]);
  });

  it("that fails, or is not there, says so", async () => {
    await expect(run("exit 3")).rejects.toThrow("sh ended with 3");
    const options = { cwd: "/", env: {}, limitMs: 1000, say: () => {} };
    await expect(runCommand("/nonexistent", [], options)).rejects.toThrow("/nonexistent cannot be started");
  });

  it("that takes too long ends with everything that it started", async () => {
    const begin = Date.now();
    await expect(run("sleep 30 & sleep 30", 300)).rejects.toThrow("sh took longer than 0.3 s");
    expect(Date.now() - begin).toBeLessThan(5000);
  });

  it("that leaves something in the background is over all the same", async () => {
    const begin = Date.now();
    expect(await run("sleep 5 & echo done")).toEqual(["done"]);
    expect(Date.now() - begin).toBeLessThan(4000);
  });
});
