import type { DeploymentTimeouts } from "../routing/deployment";
import { DEFAULT_ROUTING, type RoutingSettings } from "../routing/routing-settings";
import type { ModelEntry } from "./model-entry";
import type { ConfigFile } from "./schema";

/**
 * `router_settings` in LiteLLM's names: retries beside the first attempt, seconds. Where they say nothing of retries,
 * `litellm_settings` does.
 */
export function readRoutingSettings(file: ConfigFile): RoutingSettings {
  const settings = file.router_settings ?? {};
  const { allowed_fails: allowedFails, cooldown_time: seconds } = settings;
  const retries = settings.num_retries ?? file.litellm_settings?.num_retries;
  return {
    ...DEFAULT_ROUTING,
    ...(retries === undefined ? {} : { maxAttempts: retries + 1 }),
    ...(allowedFails === undefined ? {} : { allowedFails }),
    ...(seconds === undefined ? {} : { coolDownMs: seconds * 1000 }),
    ...(settings.disable_cooldowns === true ? { coolDownMs: 0 } : {}),
  };
}

/** Time limits of a deployment, with LiteLLM's precedence: its own ones, the router's, those for all. @returns `undefined` without any */
export function readTimeouts(
  { timeout, stream_timeout: streamTimeout }: ModelEntry["litellm_params"],
  { router_settings: router, litellm_settings: all }: ConfigFile,
): DeploymentTimeouts | undefined {
  const firstEventMs = streamTimeout ?? router?.stream_timeout;
  const wholeMs = timeout ?? router?.timeout ?? all?.request_timeout;
  return firstEventMs === undefined && wholeMs === undefined ? undefined : { firstEventMs, wholeMs };
}
