import { EventEmitter } from "node:events";
import { onStopSignal } from "../../../cli/terminal/stop-signal";

describe("onStopSignal", () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it("takes the copies that a terminal and npm send as one wish, a later one as insisting", () => {
    const signals = new EventEmitter();
    const stop = jest.fn();
    const end = onStopSignal(stop, { signals });
    signals.emit("SIGINT", "SIGINT", 2);
    signals.emit("SIGINT", "SIGINT", 2);
    expect(stop.mock.calls).toEqual([[false, "SIGINT"]]);
    jest.advanceTimersByTime(1500);
    signals.emit("SIGTERM", "SIGTERM", 15);
    expect(stop.mock.calls).toEqual([
      [false, "SIGINT"],
      [true, "SIGTERM"],
    ]);
    end();
    expect(signals.eventNames()).toEqual([]);
  });

  it("stops when npm's shell is gone", () => {
    let parent = 4711;
    const stop = jest.fn();
    const end = onStopSignal(stop, { signals: new EventEmitter(), parent: () => parent });
    jest.advanceTimersByTime(5000);
    expect(stop).not.toHaveBeenCalled();
    parent = 1;
    jest.advanceTimersByTime(5000);
    expect(stop.mock.calls).toEqual([[false, "SIGTERM"]]);
    end();
  });
});
