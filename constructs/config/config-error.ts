import { type ConfigFinding, formatFinding } from "./finding";

/** platform.yaml cannot be used. `message` has one finding per line. */
export class ConfigError extends Error {
  constructor(readonly findings: readonly ConfigFinding[]) {
    super(findings.map(formatFinding).join("\n"));
    this.name = "ConfigError";
  }
}
