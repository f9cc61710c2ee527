import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Supervisor, takeName } from "../../../../services/workspace/editor/supervise";
import { passesWithin } from "../../../support/applied/passes-within";
import { temporaryFolder } from "../../../support/temporary-folder";

let supervisor: Supervisor | undefined;
let output: number;
let log: string;
let said: string[];
beforeEach(() => {
  log = join(temporaryFolder(), "log");
  output = openSync(log, "a");
  said = [];
});
afterEach(async () => {
  await supervisor?.stop(1000);
  closeSync(output);
});

function supervise(script: string, timing = { steadyMs: 100, pauseMs: 50, maxPauseMs: 200 }) {
  supervisor = new Supervisor(
    { command: "sh", args: ["-c", script], env: { PATH: process.env["PATH"] }, output, ...timing },
    (text) => said.push(text),
  );
  supervisor.start();
}
const pids = () => readFileSync(log, "utf8").trim().split("\n").filter(Boolean).map(Number);

describe("a supervised program", () => {
  it("is started again at once when it ends after a while", async () => {
    supervise("echo $$; exec sleep 60");
    await passesWithin(10, () => expect(pids()).toHaveLength(1));
    await new Promise((resolve) => setTimeout(resolve, 150));
    process.kill(Number(pids()[0]), "SIGKILL");
    await passesWithin(10, () => expect(pids()).toHaveLength(2));
    expect(said).toEqual(["ended with SIGKILL; started again in 0 ms"]);
  });

  it("that ends at once is started again after longer and longer pauses, up to a limit", async () => {
    supervise("echo $$; exit 3", { steadyMs: 5000, pauseMs: 10, maxPauseMs: 40 });
    await passesWithin(10, () => expect(said.length).toBeGreaterThan(4));
    expect(said.slice(0, 5).map((text) => /in (\d+) ms/.exec(text)?.[1])).toEqual([
      "10",
      "20",
      "40",
      "40",
      "40",
    ]);
  });

  it("ends with its supervisor, by force if it must, and stays ended", async () => {
    supervise("trap '' TERM; echo $$; while :; do sleep 0.1; done");
    await passesWithin(10, () => expect(pids()).toHaveLength(1));
    await supervisor?.stop(200);
    expect(() => process.kill(Number(pids()[0]), 0)).toThrow("ESRCH");
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(pids()).toHaveLength(1);
  });

  it("that is not there is tried again", async () => {
    supervisor = new Supervisor(
      { command: "/nonexistent", args: [], env: {}, output, steadyMs: 100, pauseMs: 20, maxPauseMs: 50 },
      (text) => said.push(text),
    );
    supervisor.start();
    await passesWithin(10, () => expect(said.length).toBeGreaterThan(1));
    expect(said[0]).toMatch(/^cannot be started: .*ENOENT; started again in 20 ms$/);
  });
});

it("a name has one owner, and is free when it has gone", async () => {
  const name = `sluice-test-${process.pid}-${Math.random()}`;
  const first = await takeName(name);
  expect(first).toBeDefined();
  expect(await takeName(name)).toBeUndefined();
  await new Promise((resolve) => first?.close(resolve));
  const second = await takeName(name);
  expect(second).toBeDefined();
  second?.close();
});
