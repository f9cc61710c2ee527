import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { ConfigError } from "../../shared/config-error";
import type { ScreeningSettings } from "../guardrails/screening";
import type { CallbackNames } from "../routes/config-callbacks";
import { type BuiltCatalog, buildCatalog, type CatalogOrigin } from "./build-catalog";
import { readCallbackNames } from "./callback-names";
import { readGuardrailSettings } from "./guardrail-settings";
import { parseConfigFile } from "./parse";

/** A catalogue, and the text that it was made of. */
export interface LoadedCatalog extends BuiltCatalog {
  readonly text: string;
  readonly callbacks: CallbackNames;
  readonly guardrails: ScreeningSettings;
}

/** Reads and builds. @throws ConfigError when the file cannot be read or is wrong, with line and column */
export function loadCatalog(path: string, origin: CatalogOrigin): LoadedCatalog {
  const text = readConfigText(path);
  const file = parseConfigFile(text, basename(path));
  return {
    text,
    callbacks: readCallbackNames(file),
    guardrails: readGuardrailSettings(file),
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
