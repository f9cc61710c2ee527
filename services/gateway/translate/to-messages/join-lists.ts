/** Two lists, one after the other. Mostly one of them is empty, and then nothing is copied. */
export function joinLists<Item>(first: readonly Item[], second: readonly Item[]): readonly Item[] {
  if (second.length === 0) return first;
  return first.length === 0 ? second : [...first, ...second];
}
