import { loadPlatform } from "../../constructs/config/load";
import { platformFile } from "../../constructs/config/platform-file";
import { sluiceHome } from "../sluice-home";
import { UserError } from "../terminal/user-error";
import { type RecordedPlatform, readRecordedPlatform } from "./recorded-state";

/** What a home has deployed; `fault` says why that cannot be read. For commands that can do without: the engine knows what runs. */
export function readableRecord(home: string): {
  readonly recorded: RecordedPlatform | undefined;
  readonly fault?: UserError;
} {
  try {
    return { recorded: readRecordedPlatform(home) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { recorded: undefined, fault: error };
  }
}

/**
 * The name of the platform that this home has deployed, else the one in platform.yaml.
 * @throws ConfigError when there is neither
 */
export function platformName(
  recorded: RecordedPlatform | undefined = readableRecord(sluiceHome()).recorded,
): string {
  return recorded?.name ?? loadPlatform(platformFile()).name;
}
