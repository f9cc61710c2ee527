import { loadPlatform } from "../../constructs/config/load";
import { platformFile } from "../../constructs/config/platform-file";
import { sluiceHome } from "../sluice-home";
import { type RecordedPlatform, readRecordedPlatform } from "./recorded-state";

/**
 * The name of the platform that this home has deployed, else the one in platform.yaml.
 * @throws ConfigError when there is neither
 */
export function platformName(
  recorded: RecordedPlatform | undefined = readRecordedPlatform(sluiceHome()),
): string {
  return recorded?.name ?? loadPlatform(platformFile()).name;
}
