import { ensureSecretsForCdktf } from "./cli/secrets/cdktf-secrets";
import { synthesize } from "./cli/synthesize";
import { ConfigError } from "./constructs";

// Only the CDKTF CLI sets it, and what it does with the result is to plan, deploy or destroy.
const mayUseExample = !process.env["CDKTF_OUTDIR"];
try {
  const { outdir, config } = synthesize(process.env, { mayUseExample });
  ensureSecretsForCdktf(outdir, config);
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
