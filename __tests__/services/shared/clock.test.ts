import { forwardClock } from "../../../services/shared/clock";

test("a clock that goes back goes on from where it was", () => {
  let read = 1000;
  const clock = forwardClock(() => read);
  expect(clock.now()).toBe(1000);
  read = 1500;
  expect(clock.now()).toBe(1500);
  // An hour back, as after a snapshot.
  read -= 3_600_000;
  expect(clock.now()).toBe(1500);
  read += 250;
  expect(clock.now()).toBe(1750);
});
