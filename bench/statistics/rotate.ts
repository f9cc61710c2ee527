/** The same elements, beginning with another one in every round, so that none always comes first. */
export function rotate<T>(elements: readonly T[], round: number): T[] {
  const start = elements.length === 0 ? 0 : round % elements.length;
  return [...elements.slice(start), ...elements.slice(0, start)];
}
