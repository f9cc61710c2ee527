/** Whether Postgres refused a row because `constraint` says that it exists already. */
export function isUniqueViolation(error: unknown, constraint: string): boolean {
  return sqlState(error) === "23505" && (error as { constraint?: unknown }).constraint === constraint;
}

/** Whether a row refers to another that is not there any more. */
export function isForeignKeyViolation(error: unknown): boolean {
  return sqlState(error) === "23503";
}

/** Whether the data is at fault (SQLSTATE classes 22 and 23), so that the same statement can never succeed. */
export function isDataFault(error: unknown): boolean {
  return /^2[23]/.test(sqlState(error));
}

function sqlState(error: unknown): string {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : "";
}
