import { DEFAULT_ROUTING, type RoutingSettings } from "../routing/routing-settings";
import type { ConfigFile } from "./schema";

/** `router_settings` in LiteLLM's names: retries beside the first attempt, seconds. */
export function readRoutingSettings(file: ConfigFile): RoutingSettings {
  const settings = file.router_settings ?? {};
  const { num_retries: retries, allowed_fails: allowedFails, cooldown_time: seconds } = settings;
  return {
    ...DEFAULT_ROUTING,
    ...(retries === undefined ? {} : { maxAttempts: retries + 1 }),
    ...(allowedFails === undefined ? {} : { allowedFails }),
    ...(seconds === undefined ? {} : { coolDownMs: seconds * 1000 }),
    ...(settings.disable_cooldowns === true ? { coolDownMs: 0 } : {}),
  };
}
