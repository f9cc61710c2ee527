import { join } from "node:path";
import { importFile } from "../assistants/roo-code";
import { readIfPresent, toJson, writeAtomically } from "../container/atomic-file";
import { readBuiltInExtension } from "../container/built-in-extension";
import { editorData, type Places } from "../container/places";

/** Settings by which the two extensions are told of their file, and the ids of the extensions. */
const IMPORT_SETTINGS = {
  "roo-cline.autoImportSettingsPath": "rooveterinaryinc.roo-cline",
  "zoo-code.autoImportSettingsPath": "zoocodeorganization.zoo-code",
} as const;

/**
 * Settings of the machine, made anew at each start. They stand above the user's: other AI features are off, telemetry and updates too.
 * Terminals are login shells, so that they have the variables of the gateway.
 */
export function machineSettings(places: Places): Record<string, unknown> {
  return {
    ...Object.fromEntries(Object.keys(IMPORT_SETTINGS).map((name) => [name, importFile(places)])),
    "chat.disableAIFeatures": true,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "workbench.startupEditor": "none",
    "telemetry.telemetryLevel": "off",
    "extensions.autoUpdate": false,
    "extensions.autoCheckUpdates": false,
    "update.mode": "none",
    "terminal.integrated.defaultProfile.linux": "bash",
    "terminal.integrated.profiles.linux": {
      bash: { path: "/bin/bash", args: ["-l"], icon: "terminal-bash" },
    },
  };
}

/**
 * Writes the machine's settings, and into the user's the path of the import file where they have none: that is where people look for it. All else
 * in the user's settings is theirs.
 */
export async function writeEditorSettings(places: Places): Promise<void> {
  await writeAtomically(join(editorData(places), "Machine/settings.json"), toJson(machineSettings(places)));
  const file = join(editorData(places), "User/settings.json");
  const extension = await readBuiltInExtension(places);
  const name =
    Object.entries(IMPORT_SETTINGS).find(([, id]) => id === extension?.id)?.[0] ??
    "roo-cline.autoImportSettingsPath";
  const settings = (await readIfPresent(file)) ?? "{}\n";
  const added = withSetting(settings, name, importFile(places));
  if (added !== undefined) await writeAtomically(file, added);
}

/**
 * Adds a setting in front of the others, with comments and form kept as they are.
 * @returns undefined when the setting is there, or the text is no object that could take it
 */
export function withSetting(text: string, name: string, value: string): string | undefined {
  if (text.includes(JSON.stringify(name))) return undefined;
  const source = text.trim() === "" ? "{}\n" : text;
  const begin = /^\uFEFF?(?:\s|\/\/[^\n]*\n|\/\*[\s\S]*?\*\/)*\{/.exec(source)?.[0];
  if (begin === undefined) return undefined;
  const rest = source.slice(begin.length);
  const isEmpty = /^(?:\s|\/\/[^\n]*\n|\/\*[\s\S]*?\*\/)*\}/.test(rest);
  const line = `\n  ${JSON.stringify(name)}: ${JSON.stringify(value)}`;
  if (!isEmpty) return `${begin}${line},${rest}`;
  return `${begin}${line}${rest.startsWith("}") ? "\n" : ""}${rest}`;
}
