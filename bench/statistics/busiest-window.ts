/** Most events in any window of `length`, its start included and its end not. Times in any order, in the unit of `length`. */
export function busiestWindow(times: readonly number[], length: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  let first = 0;
  let most = 0;
  for (const [last, time] of sorted.entries()) {
    while (time - (sorted[first] ?? time) >= length) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}
