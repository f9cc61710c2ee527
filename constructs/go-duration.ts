/**
 * Seconds in the canonical form of Go's `time.Duration`: `90` → `1m30s`.
 * The docker provider reads health check times back in this form and compares them as text, so any
 * other spelling of the same time is a change in every plan.
 *
 * @throws Error when `seconds` is not a whole, non-negative number.
 */
export function goDuration(seconds: number): string {
  if (!Number.isInteger(seconds) || seconds < 0) {
    throw new Error(`a duration must be a whole number of seconds from 0, got ${seconds}`);
  }
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = seconds % 60;
  if (hours > 0) return `${hours}h${minutes}m${rest}s`;
  return minutes > 0 ? `${minutes}m${rest}s` : `${rest}s`;
}
