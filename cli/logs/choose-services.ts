import { UserError } from "../terminal/user-error";

/**
 * @param asked a service's name, with or without the platform's prefix; all of them when left out
 * @throws UserError with the names there are, and the nearest one
 */
export function chooseServices(
  asked: string | undefined,
  services: readonly string[],
  platform: string,
): readonly string[] {
  if (services.length === 0) throw new UserError(`no container of ${platform} is there`, "npm run deploy");
  if (asked === undefined) return services;
  const name = asked.startsWith(`${platform}-`) ? asked.slice(platform.length + 1) : asked;
  if (services.includes(name)) return [name];
  const near = services
    .map((service) => ({ service, distance: editDistance(name, service) }))
    .filter(({ service, distance }) => distance <= 2 || service.startsWith(name))
    .sort((a, b) => a.distance - b.distance)[0];
  throw new UserError(
    `there is no service ${asked}${near === undefined ? "" : `; did you mean ${near.service}?`}`,
    `services are: ${services.join(", ")}`,
  );
}

/** Letters to insert, delete or replace. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
