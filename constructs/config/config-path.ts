/** Where a value stands: keys of maps and places in lists. */
export type ConfigPath = readonly PropertyKey[];

/** A path as people write it: `models[0].prices.input`, `scopes["agent:write"].budgetUsd`. */
export function showPath(path: ConfigPath): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    const key = String(step);
    if (!/^[A-Za-z_][\w-]*$/.test(key)) return `${text}[${JSON.stringify(key)}]`;
    return text === "" ? key : `${text}.${key}`;
  }, "");
}
