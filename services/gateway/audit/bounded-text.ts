/**
 * Client text as a row may hold it: at most `maxLength` characters, without control characters (Postgres
 * refuses NUL) and without half characters. Empty text is `null`.
 */
export function boundedText(value: unknown, maxLength: number): string | null {
  if (typeof value !== "string") return null;
  const text = value
    .slice(0, maxLength)
    .replace(/[\p{Cc}\p{Cs}]/gu, " ")
    .trim();
  return text === "" ? null : text;
}
