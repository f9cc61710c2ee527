/** Finds the model of a family, such as `haiku`: the chosen one if it belongs to it, else the first in the list. */
export function modelOfFamily(
  family: string,
  { model, models }: { readonly model: string; readonly models: readonly { readonly name: string }[] },
): string | undefined {
  return [model, ...models.map(({ name }) => name)].find((name) => name.toLowerCase().includes(family));
}
