import { ensureSecretsForCdktf } from "./cli/secrets/cdktf-secrets";
import { synthesize } from "./cli/synthesize";
import { ConfigError } from "./constructs";

try {
  const { outdir, config } = synthesize();
  ensureSecretsForCdktf(outdir, config);
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
