import { RetryThrottle } from "../../../../services/gateway/routing/retry-throttle";

test("a deployment that refuses most of what it gets is not asked again until it answers", () => {
  const throttle = new RetryThrottle();
  for (let count = 0; count < 9; count += 1) throttle.refused();
  expect(throttle.mayRetry).toBe(true);
  throttle.refused();
  expect(throttle.mayRetry).toBe(false);
  throttle.answered();
  expect(throttle.mayRetry).toBe(true);
});

test("neither a long outage nor a long calm counts for ever", () => {
  const throttle = new RetryThrottle();
  for (let count = 0; count < 1000; count += 1) throttle.refused();
  for (let count = 0; count < 11; count += 1) throttle.answered();
  expect(throttle.mayRetry).toBe(true);
  for (let count = 0; count < 1000; count += 1) throttle.answered();
  for (let count = 0; count < 10; count += 1) throttle.refused();
  expect(throttle.mayRetry).toBe(false);
});
