import type { LogLine } from "./log-line";

/** Merges sources, each in order, into one by time. Holds one line of each, however long they are. */
export async function* mergeByTime(sources: readonly AsyncIterable<LogLine>[]): AsyncGenerator<LogLine> {
  const heads: { line: LogLine; rest: AsyncIterator<LogLine> }[] = [];
  for (const source of sources) {
    const rest = source[Symbol.asyncIterator]();
    const first = await rest.next();
    if (first.done !== true) heads.push({ line: first.value, rest });
  }
  while (heads.length > 0) {
    const earliest = heads.reduce((a, b) => (b.line.time < a.line.time ? b : a));
    yield earliest.line;
    const next = await earliest.rest.next();
    if (next.done === true) heads.splice(heads.indexOf(earliest), 1);
    else earliest.line = next.value;
  }
}
