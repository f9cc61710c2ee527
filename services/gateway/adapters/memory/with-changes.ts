/** `item` with the fields of `changes` that are given; `undefined` leaves a field as it is. */
export function withChanges<Item extends object>(item: Item, changes: Partial<NoInfer<Item>>): Item {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  return { ...item, ...Object.fromEntries(given) };
}
