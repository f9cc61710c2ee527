import type { Command } from "commander";
import { loadPlatform } from "../../constructs/config/load";
import { platformFile } from "../../constructs/config/platform-file";
import { readPromptFiles } from "../../constructs/config/prompt-files";
import { settingOf } from "../../constructs/service-definition";
import { GATEWAY } from "../../constructs/services/gateway";
import { Progress } from "../terminal/progress";
import { onStopSignal } from "../terminal/stop-signal";
import { UserError } from "../terminal/user-error";
import { planEnforcementCases } from "../verify/enforcement-cases";
import { type EnforcementReport, faultsOf, reportAsJson, reportAsTable } from "../verify/enforcement-report";
import { readMasterKey } from "../verify/master-key";
import { verifyEnforcement } from "../verify/verify-enforcement";

interface VerifyOptions {
  readonly url?: string;
  readonly masterKeyFile?: string;
  readonly model?: string;
  readonly json?: boolean;
}

/** `sluice verify`: shows on the running platform that it does what it promises. */
export function registerVerify(program: Command): void {
  program
    .command("verify")
    .description("verify that the running platform does what it promises")
    .command("enforcement")
    .description(
      "make a key for each enforcement level, use it on every route, try to lower it, and delete it; asks the model for about a dozen tiny answers a key",
    )
    .option("--url <url>", "the gateway (default: as in platform.yaml, http://localhost:4000)")
    .option(
      "--master-key-file <file>",
      "file with the master key (default: $LITELLM_MASTER_KEY, then .sluice)",
    )
    .option("--model <name>", "model to ask (default: the first of platform.yaml)")
    .option("--json", "as JSON, for scripts")
    .action(verify);
}

async function verify({ url, masterKeyFile, model, json = false }: VerifyOptions): Promise<void> {
  const config = loadPlatform(platformFile({ mayUseExample: true }));
  const { enforcement } = config;
  const target = {
    url: baseUrl(url ?? `http://${config.access.host}:${settingOf(config.ports, GATEWAY)}`),
    model: model ?? config.models[0]?.name ?? "",
  };
  const masterKey = readMasterKey({ file: masterKeyFile, isOwnGateway: url === undefined });
  const interruption = new AbortController();
  const endListening = onStopSignal(() =>
    interruption.abort(new UserError("interrupted; its key is deleted")),
  );
  let report: EnforcementReport;
  try {
    const cases = await verifyEnforcement({
      ...target,
      masterKey,
      cases: planEnforcementCases(enforcement, readPromptFiles(enforcement)),
      progress: new Progress({ quiet: json }),
      signal: interruption.signal,
    });
    report = { ...target, cases };
  } finally {
    endListening();
  }
  console.log(json ? reportAsJson(report) : reportAsTable(report));
  const faults = faultsOf(report).length;
  if (faults === 0) return;
  // No exception: the report is the whole answer.
  console.error(`error: enforcement does not hold at ${target.url}: ${faults} checks failed`);
  process.exitCode = 1;
}

/** @throws UserError */
function baseUrl(text: string): string {
  if (URL.canParse(text)) {
    const { protocol, username, password } = new URL(text);
    if (/^https?:$/.test(protocol) && username + password === "") return text.replace(/\/+$/, "");
  }
  throw new UserError("--url is not the URL of a gateway", "give one such as http://localhost:4000");
}
