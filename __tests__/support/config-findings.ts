import { ConfigError, parsePlatform } from "../../constructs";
import { formatFinding } from "../../constructs/config/finding";

/** What is said about a configuration made of `yaml` below the version line; nothing of a good one. */
export const configFindings = (yaml: string) => findingsOf(`apiVersion: sluice/v1\n${yaml}`);

/** What is said about the text of a whole file; nothing of a good one. */
export function findingsOf(text: string): readonly string[] {
  try {
    parsePlatform(text);
  } catch (error) {
    if (error instanceof ConfigError) return error.findings.map(formatFinding);
    throw error;
  }
  return [];
}
