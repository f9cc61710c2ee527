import { InvalidArgumentError } from "commander";

/**
 * A duration as Terraform takes it.
 * @throws InvalidArgumentError
 */
export function parseDuration(text: string): string {
  if (/^\d{1,5}[smh]$/.test(text)) return text;
  throw new InvalidArgumentError("It is a number of seconds, minutes or hours, such as 90s, 5m or 1h.");
}
