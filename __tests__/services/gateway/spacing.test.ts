import { Spacing } from "../../../services/gateway/spacing";

afterEach(() => jest.restoreAllMocks());

test("when the clock of the machine goes back, nobody waits for the length of the step", () => {
  let now = performance.now() + 1000;
  jest.spyOn(performance, "now").mockImplementation(() => now);
  const spacing = new Spacing(10, 3);
  spacing.begin(1);
  now -= 3_600_000;
  expect(spacing.waitMs(1)).toBeCloseTo(10);
  now += 11;
  expect(spacing.waitMs(1)).toBe(0);
});
