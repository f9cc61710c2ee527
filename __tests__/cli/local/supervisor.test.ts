import { setTimeout as sleep } from "node:timers/promises";
import type { Child } from "../../../cli/local/child-process";
import { Supervisor } from "../../../cli/local/supervisor";

/** A process without a process: it ends when told. */
function fakeChild(onStop: () => void) {
  let end = (_how: string) => {};
  const ended = new Promise<string>((resolve) => {
    end = resolve;
  });
  const stop = async () => {
    onStop();
    end("was ended by SIGTERM");
  };
  const child = { ended, stop, ready: async () => {}, lastLines: () => "last lines" };
  return { child: child as unknown as Child, die: () => end("ended with exit code 1") };
}

/** Launches fakes and remembers them. */
function fakePart() {
  const launched: ReturnType<typeof fakeChild>[] = [];
  const launch = () => {
    const made = fakeChild(() => {});
    launched.push(made);
    return made.child;
  };
  return { part: { name: "gateway", launch }, launched };
}

describe("Supervisor", () => {
  it("starts a process again three times, then gives up", async () => {
    const { part, launched } = fakePart();
    const onNotice = jest.fn();
    const onFailure = jest.fn();
    const timing = { firstPauseMs: 1, steadyMs: 60_000 };
    await new Supervisor([part], { onNotice, onFailure }, timing).start("gateway");
    for (let deaths = 1; deaths <= 4; deaths += 1) {
      expect(launched).toHaveLength(deaths);
      launched.at(-1)?.die();
      await sleep(50);
    }
    expect(launched).toHaveLength(4);
    expect(onNotice).toHaveBeenCalledWith(
      "gateway ended with exit code 1; starting it again (3 of 3); last lines",
    );
    expect(onFailure.mock.calls[0][0].message).toContain("3 restarts did not help; last lines");
  });

  it("gives a process that ran long its restarts back", async () => {
    const { part, launched } = fakePart();
    const onFailure = jest.fn();
    const timing = { firstPauseMs: 1, steadyMs: 10 };
    const supervisor = new Supervisor([part], { onNotice: () => {}, onFailure }, timing);
    await supervisor.start("gateway");
    for (let deaths = 1; deaths <= 6; deaths += 1) {
      await sleep(30);
      launched.at(-1)?.die();
      await sleep(30);
    }
    expect(launched).toHaveLength(7);
    expect(onFailure).not.toHaveBeenCalled();
    await supervisor.stop();
  });

  it("stops in the reverse order, starts nothing again and nothing new", async () => {
    const stopped: string[] = [];
    const part = (name: string) => ({ name, launch: () => fakeChild(() => stopped.push(name)).child });
    const onNotice = jest.fn();
    const supervisor = new Supervisor(
      [part("postgres"), part("gateway"), part("late")],
      { onNotice, onFailure: onNotice },
      { firstPauseMs: 1, steadyMs: 60_000 },
    );
    await Promise.all([supervisor.start("gateway"), supervisor.start("postgres")]);
    await supervisor.stop();
    await sleep(50);
    expect(stopped).toEqual(["gateway", "postgres"]);
    expect(onNotice).not.toHaveBeenCalled();
    await expect(supervisor.start("late")).rejects.toThrow("stopped");
  });
});
