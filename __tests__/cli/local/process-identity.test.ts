import { spawn } from "node:child_process";
import { commandLine, isAlive, startMark } from "../../../cli/local/process-identity";
import { eventually } from "../../support/services/eventually";

it("tells a process from a later one with its number", async () => {
  const mine = startMark(process.pid);
  expect(mine).toBeTruthy();
  expect(startMark(process.pid)).toBe(mine);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const child = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60000)"], { stdio: "ignore" });
  const pid = child.pid ?? 0;
  expect(startMark(pid)).not.toBe(mine);
  expect(commandLine(pid)).toContain("setTimeout");
  expect(isAlive(pid)).toBe(true);
  child.kill("SIGKILL");
  await new Promise((resolve) => child.on("exit", resolve));
  expect(isAlive(pid)).toBe(false);
  expect(startMark(pid)).toBeUndefined();
});

const onLinux = process.platform === "linux" ? it : it.skip;

onLinux("takes a process that ended but was not collected as gone", async () => {
  // The shell never waits for its child, and exec keeps it the parent.
  const parent = spawn("sh", ["-c", "true & echo $!; exec sleep 60"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const pid = Number(await new Promise<Buffer>((resolve) => parent.stdout.once("data", resolve)));
  try {
    // Its number is told before it ends.
    await eventually(() => !isAlive(pid));
    expect(() => process.kill(pid, 0)).not.toThrow();
  } finally {
    parent.kill("SIGKILL");
  }
});
