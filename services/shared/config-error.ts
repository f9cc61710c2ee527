import type { z } from "zod";

/** Configuration that a service cannot start with. The text lists every issue, one a line. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";

  constructor(readonly issues: readonly string[]) {
    super(issues.join("\n"));
  }
}

/**
 * Reads `env` through `schema`. An empty variable counts as absent, because that is what
 * `NAME=` in an env file means. Values are never part of the text: they may be secrets.
 * @throws ConfigError with one line for each wrong variable
 */
export function readEnvironment<Output>(
  schema: z.ZodType<Output>,
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Output> {
  const present = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ""),
  );
  const result = schema.safeParse(present);
  if (!result.success) {
    throw new ConfigError(result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`));
  }
  return Object.freeze(result.data);
}
