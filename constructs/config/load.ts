import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { type Document, isScalar, LineCounter, parseDocument, visit } from "yaml";
import { ConfigError } from "./config-error";
import { describeIssue, type Finding } from "./describe-issue";
import { findPromptFaults } from "./prompt-files";
import { API_VERSION, type PlatformConfig, PlatformSchema } from "./schema";
import { looksLikeSecret } from "./secret-shape";

/** A configuration file is read by people; anything larger is a mistake. */
const MAX_FILE_BYTES = 1024 * 1024;

/** What the configuration is checked against besides its own text. */
export interface LoadContext {
  /** Environment in which named variables are looked up. @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  /** Folder with the rules of enforcement levels. @default - `prompts` in the project */
  readonly promptsFolder?: string;
}

/**
 * Reads and checks platform.yaml.
 * @throws ConfigError with every finding at once, each as `file:line:column path: what, value, allowed, remedy`.
 */
export function loadPlatform(path: string, context: LoadContext = {}): PlatformConfig {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new ConfigError([
      `${path}: cannot be read (${(cause as Error).message}). Copy platform.example.yaml to start.`,
    ]);
  }
  return parsePlatform(text, basename(path), context);
}

/** `loadPlatform` for text already in memory; `file` is the name used in errors. */
export function parsePlatform(
  text: string,
  file = "platform.yaml",
  context: LoadContext = {},
): PlatformConfig {
  if (Buffer.byteLength(text) > MAX_FILE_BYTES) {
    throw new ConfigError([
      `${file}: is larger than ${MAX_FILE_BYTES} bytes; a platform fits in a few hundred lines`,
    ]);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };

  if (document.errors.length > 0) {
    throw new ConfigError(
      document.errors.map((error) => `${at(error.pos[0])} is not valid YAML: ${error.message}`),
    );
  }

  const found: { offset: number; text: string }[] = [];
  const report = ({ path, text, key }: Finding) => {
    const offset = offsetOf(document, path, key);
    found.push({
      offset,
      text: `${at(offset)} ${[...path, ...(key === undefined ? [] : [key])].join(".")}: ${text}`,
    });
  };

  for (const secret of secretsIn(document)) {
    found.push({ offset: secret, text: `${at(secret)} ${SECRET_TEXT}` });
  }
  const result = PlatformSchema.safeParse(toPlain(document, file) ?? {}, { reportInput: true });
  if (!result.success) result.error.issues.flatMap(describeIssue).forEach(report);
  else {
    checkPassword(result.data, context.env ?? process.env).forEach(report);
    findPromptFaults(result.data.enforcement, context.promptsFolder).forEach(report);
  }

  if (found.length > 0) {
    throw new ConfigError(found.sort((a, b) => a.offset - b.offset).map((finding) => finding.text));
  }
  return Object.freeze((result as { data: PlatformConfig }).data);
}

/** The configuration of an empty file: every default. */
export function defaultPlatform(): PlatformConfig {
  return parsePlatform(`apiVersion: ${API_VERSION}\n`, "defaults", { env: {} });
}

const SECRET_TEXT =
  "this value looks like a key or password (it is not repeated here); allowed: the NAME of an environment variable; remedy: put the value into the environment and its name here, then rotate the key if this file was shared";

function toPlain(document: Document, file: string): unknown {
  try {
    // A bounded alias count keeps a "billion laughs" file from eating the memory.
    return document.toJS({ maxAliasCount: 50 });
  } catch (cause) {
    throw new ConfigError([`${file}: its YAML aliases cannot be expanded: ${(cause as Error).message}`]);
  }
}

function secretsIn(document: Document): number[] {
  const offsets: number[] = [];
  visit(document, {
    Scalar(_key, node) {
      if (typeof node.value === "string" && looksLikeSecret(node.value)) offsets.push(node.range?.[0] ?? 0);
    },
  });
  return offsets;
}

/** Offset of a path's value, or of the nearest enclosing node that is written down; of `key` itself when given. */
function offsetOf(document: Document, path: readonly PropertyKey[], key?: string): number {
  const steps = path.map((step) => (typeof step === "symbol" ? String(step) : step));
  for (let length = steps.length; length >= 0; length -= 1) {
    const node = length === 0 ? document.contents : document.getIn(steps.slice(0, length), true);
    if (node === null || node === undefined || typeof node !== "object") continue;
    if (key !== undefined && length === steps.length && "items" in node) {
      for (const pair of node.items as { key?: unknown }[]) {
        if (isScalar(pair.key) && String(pair.key.value) === key) return pair.key.range?.[0] ?? 0;
      }
    }
    return (node as { range?: [number, number, number] }).range?.[0] ?? 0;
  }
  return 0;
}

/** bcrypt, which the services with a log-in use, cuts at 72 bytes; below 12 a password is guessed. */
const PASSWORD_BYTES = { min: 12, max: 72 };

function checkPassword(platform: PlatformConfig, env: NodeJS.ProcessEnv): Finding[] {
  const name = platform.admin.passwordEnv;
  const value = name === undefined ? undefined : env[name];
  if (name === undefined || value === undefined) return [];
  const bytes = Buffer.byteLength(value);
  if (bytes >= PASSWORD_BYTES.min && bytes <= PASSWORD_BYTES.max) return [];
  return [
    {
      path: ["admin", "passwordEnv"],
      text: `${name} holds a password of ${bytes} bytes; allowed: ${PASSWORD_BYTES.min} to ${PASSWORD_BYTES.max}; remedy: set ${name} to another password, or leave passwordEnv out to have one generated`,
    },
  ];
}
