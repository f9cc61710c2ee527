/** Start and end of a part of a text. */
export type Span = readonly [start: number, end: number];

/**
 * The parts of a text that begin with one of several hints, each so long, in their order; those that touch are one.
 * @param length of a part, in characters
 * @param from where a hint may begin at the earliest. @default 0
 */
export function spansBehind(
  text: string,
  hints: readonly string[],
  length: number,
  from = 0,
): readonly Span[] {
  const starts: number[] = [];
  for (const hint of hints) {
    for (let at = text.indexOf(hint, from); at !== -1; at = text.indexOf(hint, at + hint.length))
      starts.push(at);
  }
  starts.sort((a, b) => a - b);
  const spans: [number, number][] = [];
  for (const start of starts) {
    const last = spans.at(-1);
    const end = Math.min(start + length, text.length);
    if (last === undefined || start > last[1]) spans.push([start, end]);
    else last[1] = end;
  }
  return spans;
}
