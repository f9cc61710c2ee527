/** platform.yaml cannot be used. `message` has one finding per line. */
export class ConfigError extends Error {
  constructor(readonly findings: readonly string[]) {
    super(findings.join("\n"));
    this.name = "ConfigError";
  }
}
