import { spawn } from "node:child_process";
import { once } from "node:events";
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
  // Exec keeps the shell's number the parent, and what it becomes never waits for a child.
  const parent = spawn("sh", ["-c", "sleep 60 & echo $!; exec sleep 61"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const pid = Number(await new Promise<Buffer>((resolve) => parent.stdout.once("data", resolve)));
  try {
    await eventually(() => commandLine(parent.pid ?? 0) === "sleep 61");
    process.kill(pid, "SIGKILL");
    await eventually(() => !isAlive(pid));
    expect(() => process.kill(pid, 0)).not.toThrow();
  } finally {
    parent.kill("SIGKILL");
    await once(parent, "exit");
  }
});
