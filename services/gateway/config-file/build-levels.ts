import { ConfigError } from "../../shared/config-error";
import { LevelSettingsError } from "../enforcement/level-settings";
import { EnforcementLevels } from "../enforcement/levels";
import type { ConfigFile } from "./schema";

/**
 * The levels of a file.
 * @param fallback `DEFAULT_ENFORCEMENT_LEVEL`; counts where the file has no `default_level`
 * @throws ConfigError when the fallback is no level
 */
export function buildLevels(
  { enforcement_settings: settings }: ConfigFile,
  fallback?: string,
): EnforcementLevels {
  try {
    return new EnforcementLevels({ ...settings, defaultLevel: settings?.defaultLevel ?? fallback });
  } catch (error) {
    // The file's own values were checked when it was read.
    if (!(error instanceof LevelSettingsError)) throw error;
    throw new ConfigError(
      error.faults.map(
        ({ problem }) => `DEFAULT_ENFORCEMENT_LEVEL: ${problem}; correct it, or remove it for standard`,
      ),
    );
  }
}
