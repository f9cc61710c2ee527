/**
 * Writes items as the text of one JSON array, part after part as it is read. A part that cannot be read breaks the text off, which no
 * client takes for an answer.
 * @param toItems what a part holds
 * @returns once the first part is there; the text goes on from it
 * @throws the error of the first part
 */
export async function writeJsonArray<Part>(
  parts: AsyncIterable<Part>,
  toItems: (part: Part) => readonly unknown[],
): Promise<AsyncGenerator<string>> {
  const iterator = parts[Symbol.asyncIterator]();
  const first = await iterator.next();
  return (async function* () {
    try {
      let before = "[";
      for (let part = first; part.done !== true; part = await iterator.next())
        for (const item of toItems(part.value)) {
          yield before + JSON.stringify(item);
          before = ",";
        }
      yield before === "[" ? "[]" : "]";
    } finally {
      await iterator.return?.();
    }
  })();
}
