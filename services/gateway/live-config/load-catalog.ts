import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { isMap, isNode, isPair, isScalar, LineCounter, type Node, parseDocument, type YAMLMap } from "yaml";
import type { z } from "zod";
import { ConfigError } from "../../shared/config-error";
import type { CallbackNames } from "../admin/models";
import type { EnforcementLevels } from "../enforcement/levels";
import type { ScreeningSettings } from "../guardrails/screening";
import {
  type BuiltCatalog,
  buildCatalog,
  buildLevels,
  type CatalogOrigin,
  readCallbackNames,
} from "./build-catalog";
import { type ConfigFile, configFileSchema, readGuardrailSettings } from "./schema";

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

/**
 * Text of a `config.yaml` → its checked content.
 * @param fileName how the file is called in errors
 * @throws ConfigError with `config.yaml:line:column path: what, allowed, remedy` for each issue
 */
export function parseConfigFile(text: string, fileName = "config.yaml"): ConfigFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  if (document.errors.length > 0) {
    throw new ConfigError(
      document.errors.map((error) => {
        const { line, col } = lines.linePos(error.pos[0]);
        return `${fileName}:${line}:${col} ${error.message.split("\n")[0] ?? error.code}`;
      }),
    );
  }
  const result = configFileSchema.safeParse(document.toJS({ maxAliasCount: 100 }));
  if (result.success) return result.data;

  const root = document.contents;
  const describe = (path: readonly PropertyKey[], message: string) => {
    const offset = findOffset(root, path);
    const { line, col } = lines.linePos(offset);
    const name = path.map(String).join(".");
    return `${fileName}:${line}:${col} ${name === "" ? "" : `${name}: `}${message}`;
  };
  throw new ConfigError(
    result.error.issues.flatMap((issue) => expand(issue).map(({ path, text }) => describe(path, text))),
  );
}

/** An issue about several unknown keys becomes one for each, at the key's own place. */
function expand(issue: z.core.$ZodIssue): { path: readonly PropertyKey[]; text: string }[] {
  if (issue.code !== "unrecognized_keys") return [{ path: issue.path, text: issue.message }];
  return issue.keys.map((key) => ({
    path: [...issue.path, key],
    text: "is not a known setting; correct its name or remove it",
  }));
}

/** Where a path stands in the text; for what is missing, where its nearest parent stands. */
function findOffset(root: Node | null, path: readonly PropertyKey[]): number {
  let node: unknown = root;
  let offset = root?.range?.[0] ?? 0;
  for (const step of path) {
    const key = String(step);
    if (isMap(node)) {
      const pair = (node as YAMLMap).items.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === key,
      );
      if (pair === undefined) return offset;
      offset = isNode(pair.key) ? (pair.key.range?.[0] ?? offset) : offset;
      node = pair.value;
    } else {
      node = (node as { items?: unknown[] } | null)?.items?.[Number(step)];
      if (!isNode(node)) return offset;
      offset = node.range?.[0] ?? offset;
    }
  }
  return offset;
}
