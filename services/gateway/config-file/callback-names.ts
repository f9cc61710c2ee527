import type { CallbackNames } from "../routes/config-callbacks";
import type { ConfigFile } from "./schema";

/** The callbacks that a file names. What is no name is left out: the settings are only shown. */
export function readCallbackNames(file: ConfigFile): CallbackNames {
  const settings: Record<string, unknown> = file.litellm_settings ?? {};
  const names = (setting: string) =>
    [settings[setting] ?? []].flat().filter((name): name is string => typeof name === "string");
  return {
    success: names("success_callback"),
    failure: names("failure_callback"),
    both: names("callbacks"),
  };
}
