import type { Environment } from "../../shared/secret-files";

const PREFIX = "os.environ/";

/** The name in `os.environ/NAME`. */
export function variableOf(reference: string): string {
  return reference.slice(PREFIX.length);
}

/** Text of the file, or of the variable that it names. Empty counts as absent. */
export function resolveText(value: string | undefined, env: Environment): string | undefined {
  return (value?.startsWith(PREFIX) ? env[variableOf(value)] : value) || undefined;
}
