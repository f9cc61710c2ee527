import type { ReloadState } from "../config-file/catalog-reloader";
import type { PromptStore } from "../enforcement/prompt-store";
import type { SecretsState } from "../live-secrets";
import type { MetricsRegistry } from "./registry";

/** Whether what stands in files is what is in force. */
export function addConfigurationMetrics(
  registry: MetricsRegistry,
  reload: () => ReloadState,
  secrets: () => SecretsState,
  prompts: Pick<PromptStore, "states">,
): void {
  registry.gauge(
    "gateway_config_last_reload_success_timestamp_seconds",
    "When the configuration in force was loaded, since 1970.",
    () => reload().succeededAt / 1000,
  );
  registry.gauge(
    "gateway_config_last_reload_successful",
    "Whether the file config.yaml, as it last was, is in force.",
    () => Number(reload().isInForce),
  );
  registry.counts("gateway_config_reload_failures_total", "Configurations that were refused.", [], () => [
    [[], reload().failures],
  ]);
  registry.gauge(
    "gateway_secrets_last_reload_success_timestamp_seconds",
    "When the secrets in force were loaded, since 1970.",
    () => secrets().succeededAt / 1000,
  );
  registry.gauge(
    "gateway_secrets_last_reload_successful",
    "Whether the files of SECRETS_DIRECTORY, as they last were, are in force.",
    () => Number(secrets().isInForce),
  );
  registry.counts("gateway_secrets_reload_failures_total", "Secrets that were refused.", [], () => [
    [[], secrets().failures],
  ]);
  registry.gauges(
    "gateway_working_rules_in_force",
    "Whether a level has working rules; without, its requests are refused.",
    ["level"],
    () => prompts.states().map(({ level, isInForce }) => [[level], Number(isInForce)] as const),
  );
  registry.gauges(
    "gateway_working_rules_refused",
    "Whether the file of a level, as it is now, was refused.",
    ["level"],
    () => prompts.states().map(({ level, isRefused }) => [[level], Number(isRefused)] as const),
  );
}
