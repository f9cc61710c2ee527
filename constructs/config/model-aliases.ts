/** Families of Claude models, by the name under which a workspace's form offers the platform's choice of each. */
const FAMILIES = ["sonnet", "haiku", "opus"] as const;

/**
 * Alias → the model that it stands for now: `claude-sonnet` for the first Sonnet of the list, and so on. A value that somebody has
 * chosen stays valid when the platform moves on to the next Sonnet. A model of that very name is no alias.
 * @param models names, in the platform's order
 */
export function modelAliases(models: readonly string[]): Readonly<Record<string, string>> {
  const aliases = FAMILIES.flatMap((family) => {
    const alias = `claude-${family}`;
    const model = models.find((name) => isOfFamily(name, family));
    return model === undefined || models.includes(alias) ? [] : [[alias, model] as const];
  });
  return Object.fromEntries(aliases);
}

function isOfFamily(model: string, family: string): boolean {
  return model.includes("claude") && model.split(/[^a-z0-9]+/i).includes(family);
}
