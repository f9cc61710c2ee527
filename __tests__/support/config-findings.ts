import { ConfigError, parsePlatform } from "../../constructs";

/** What is said about a configuration made of `yaml` below the version line; nothing of a good one. */
export function configFindings(yaml: string): readonly string[] {
  try {
    parsePlatform(`apiVersion: sluice/v1\n${yaml}`);
  } catch (error) {
    if (error instanceof ConfigError) return error.findings;
    throw error;
  }
  return [];
}
