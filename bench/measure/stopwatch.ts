/** Takes the difference of a running count between two moments. */
export function stopwatch(read: () => number | undefined) {
  let first: number | undefined;
  let last: number | undefined;
  return {
    begin: () => {
      first = read();
    },
    end: () => {
      last = read();
    },
    elapsed: () => (first === undefined || last === undefined ? undefined : last - first),
  };
}
