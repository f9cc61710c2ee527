import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { ConfigError } from "../../shared/config-error";
import type { EnforcementLevels } from "../enforcement/levels";
import type { ScreeningSettings } from "../guardrails/screening";
import type { CallbackNames } from "../routes/config-callbacks";
import { type BuiltCatalog, buildCatalog, type CatalogOrigin } from "./build-catalog";
import { buildLevels } from "./build-levels";
import { readCallbackNames } from "./callback-names";
import { readGuardrailSettings } from "./guardrail-settings";
import { parseConfigFile } from "./parse";

/** A catalogue and the enforcement levels, and the text that they were made of. */
export interface LoadedCatalog extends BuiltCatalog {
  readonly text: string;
  readonly callbacks: CallbackNames;
  readonly guardrails: ScreeningSettings;
  readonly levels: EnforcementLevels;
}

/** What the file itself does not say. */
export interface LoadOrigin extends CatalogOrigin {
  /** Level of keys that name none, where the file names none either. @default "standard" */
  readonly defaultLevel?: string;
}

/** Reads and builds. @throws ConfigError when the file cannot be read or is wrong, with line and column */
export function loadCatalog(path: string, origin: LoadOrigin): LoadedCatalog {
  const text = readConfigText(path);
  const file = parseConfigFile(text, basename(path));
  return {
    text,
    callbacks: readCallbackNames(file),
    guardrails: readGuardrailSettings(file.guardrail_settings),
    levels: buildLevels(file, origin.defaultLevel),
    ...buildCatalog(file, origin),
  };
}

/** @throws ConfigError */
export function readConfigText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? "unreadable";
    throw new ConfigError([
      `CONFIG_FILE: ${path} cannot be read (${reason}); set it to the path of a config.yaml`,
    ]);
  }
}
