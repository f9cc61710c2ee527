import { checkHome, sluiceHome } from "./cli/sluice-home";
import { leadCdktfTo } from "./cli/stack-folder";
import { synthesize } from "./cli/synthesize";
import { UserError } from "./cli/terminal/user-error";
import { prepareForCdktf } from "./cli/terraform/prepare-for-cdktf";
import { explainUnwritable } from "./cli/unwritable-file";
import { ConfigError } from "./constructs";

async function main(): Promise<void> {
  // Only the CDKTF CLI sets it, and what it does with the result is to plan, deploy or destroy.
  const mayUseExample = !process.env["CDKTF_OUTDIR"];
  checkHome(sluiceHome());
  const synthesis = synthesize(process.env, { mayUseExample });
  leadCdktfTo(synthesis.outdir, await prepareForCdktf(synthesis));
}

main().catch((cause) => {
  const error = explainUnwritable(cause) ?? cause;
  console.error(error instanceof ConfigError || error instanceof UserError ? error.message : error);
  process.exitCode = 1;
});
