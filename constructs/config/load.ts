import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";
import type { SourceFault } from "./aliases";
import { ConfigError } from "./config-error";
import { showPath } from "./config-path";
import { DEFAULT_MODELS } from "./default-models";
import { describeIssue, type SettingFault, show } from "./describe-issue";
import { type ConfigFinding, type Fault, formatFinding } from "./finding";
import { shownFile } from "./platform-file";
import { escapeUnprintable } from "./printable";
import { findPromptFaults } from "./prompt-files";
import { API_VERSION, type PlatformConfig, PlatformSchema } from "./schema";
import { looksLikeSecret } from "./secret-shape";
import { YamlSource } from "./yaml-source";

/** A configuration file is read by people; anything larger is a mistake. */
const MAX_FILE_BYTES = 256 * 1024;

/** What the configuration is checked against besides its own text. */
export interface LoadContext {
  /** Folder with the rules of enforcement levels. @default - `prompts` in the project */
  readonly promptsFolder?: string;
}

/**
 * Reads and checks platform.yaml.
 * @throws ConfigError with every finding at once, each as `file:line:column path: what, value, allowed, remedy`.
 */
export function loadPlatform(path: string, context: LoadContext = {}): PlatformConfig {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    const problem = `cannot be read (${(cause as Error).message})`;
    throw new ConfigError([{ file: path, problem, remedy: "copy platform.example.yaml to start" }]);
  }
  const file = shownFile(path);
  refuseLarge(bytes.length, file);
  return parsePlatform(decode(bytes, file), file, context);
}

/** `loadPlatform` for text already in memory; `file` is the name used in errors. */
export function parsePlatform(
  text: string,
  file = "platform.yaml",
  context: LoadContext = {},
): PlatformConfig {
  refuseLarge(Buffer.byteLength(text), file);
  const source = new YamlSource(text.replace(/^\uFEFF/, ""));
  const found: SourceFault[] = [...source.faults];
  if (found.length === 0) {
    const unfit = [...source.secrets.map((secret) => ({ ...secret, ...SECRET_FAULT })), ...source.unfit];
    found.push(...unfit);
    const { config, findings } = check(source, context);
    // What else is wrong with such a value is of no interest any more.
    const told = new Set(unfit.map(({ offset }) => offset));
    found.push(
      ...findings.flatMap((finding) => {
        const fault = locate(finding, source);
        return told.has(fault.offset) && source.has(finding.path) ? [] : fault;
      }),
    );
    if (config !== undefined && found.length === 0) return Object.freeze(config);
  }
  throw new ConfigError(inOrder(found, source, file));
}

/** More than this is read by nobody: the first ones are corrected and the rest is asked for again. */
const MAX_FINDINGS = 50;

function inOrder(found: SourceFault[], source: YamlSource, file: string): ConfigFinding[] {
  const all = found.sort((a, b) => a.offset - b.offset).map((fault) => toFinding(fault, source, file));
  const findings = [...new Map(all.map((finding) => [formatFinding(finding), finding])).values()];
  const next = findings[MAX_FINDINGS];
  if (next === undefined) return findings;
  return [
    ...findings.slice(0, MAX_FINDINGS),
    {
      file,
      line: next.line,
      column: next.column,
      problem: `and from here on ${findings.length - MAX_FINDINGS} more findings`,
      remedy: "correct those above first",
    },
  ];
}

function toFinding(
  { offset, path = [], problem, value, allowed, remedy }: SourceFault,
  source: YamlSource,
  file: string,
) {
  return {
    file,
    ...source.position(offset),
    ...(path.length > 0 && { setting: escapeUnprintable(showPath(path)) }),
    problem: escapeUnprintable(problem),
    ...(value !== undefined && { value: escapeUnprintable(value) }),
    ...(allowed !== undefined && { allowed: escapeUnprintable(allowed) }),
    ...(remedy !== undefined && { remedy: escapeUnprintable(remedy) }),
  };
}

function check(
  source: YamlSource,
  context: LoadContext,
): { config?: PlatformConfig; findings: SettingFault[] } {
  const { data } = source;
  const wrong = wrongWhole(data);
  if (wrong !== undefined) return { findings: [{ path: [], ...wrong }] };
  const result = PlatformSchema.safeParse(data, { reportInput: true });
  if (!result.success) {
    const findings = result.error.issues.flatMap((issue) => describeIssue(issue, data));
    return { findings: source.has(["models"]) ? findings : aboutDefaultModels(findings) };
  }
  const config = result.data;
  return { config, findings: findPromptFaults(config.enforcement, context.promptsFolder) };
}

function wrongWhole(data: unknown): Fault | undefined {
  const remedy = `start with the line "apiVersion: ${API_VERSION}", or cp platform.example.yaml platform.yaml`;
  if (data === null || data === undefined) {
    return { problem: "is empty", allowed: "a map of settings that has at least apiVersion", remedy };
  }
  const allowed = `a map of settings such as apiVersion: ${API_VERSION}`;
  if (Array.isArray(data)) return { problem: "is a list", allowed, remedy };
  return typeof data === "object"
    ? undefined
    : { problem: "is a single value", value: show(data), allowed, remedy };
}

/** The models that stand in no file: what is wrong with them is that their provider is not there. */
function aboutDefaultModels(findings: SettingFault[]): SettingFault[] {
  const others = findings.filter(({ path }) => path[0] !== "models");
  if (others.length === findings.length) return findings;
  const providers = [
    ...new Set(DEFAULT_MODELS.flatMap((model) => model.deployments.map((one) => one.provider))),
  ];
  return [
    ...others,
    {
      path: ["providers"],
      problem: `has no ${providers.join(", ")}, on which the default models run`,
      remedy: "write models of your own, or add a provider of that name",
    },
  ];
}

/** Puts a finding where somebody wrote something: what only a default has part in stands at the other setting. */
function locate({ path, key, other, ...fault }: SettingFault, source: YamlSource): SourceFault {
  const place = other !== undefined && !source.has(path) && source.has(other) ? other : path;
  const shown = key === undefined || looksLikeSecret(key) ? path : [...path, key];
  return { ...fault, offset: source.offsetOf(place, key), path: shown };
}

function refuseLarge(bytes: number, file: string): void {
  if (bytes <= MAX_FILE_BYTES) return;
  throw new ConfigError([
    {
      file,
      line: 1,
      column: 1,
      problem: `has ${bytes} bytes`,
      allowed: `at most ${MAX_FILE_BYTES}, a platform fits in a few hundred lines`,
      remedy: "check that this is the file you mean",
    },
  ]);
}

/** @throws ConfigError where it is not UTF-8, with the place of the first byte that is not */
function decode(bytes: Buffer, file: string): string {
  const expected = { allowed: "UTF-8", remedy: "save it as UTF-8 in your editor" };
  if (/^(?:fffe|feff)/.test(bytes.subarray(0, 2).toString("hex"))) {
    throw new ConfigError([{ file, line: 1, column: 1, problem: "is UTF-16", ...expected }]);
  }
  if (isUtf8(bytes)) return bytes.toString("utf8");
  // The first character that decoding replaced; such a character may also be written in the file.
  const text = bytes.toString("utf8");
  let at = text.indexOf("\uFFFD");
  while (bytes.subarray(Buffer.byteLength(text.slice(0, at))).indexOf("\uFFFD") === 0) {
    at = text.indexOf("\uFFFD", at + 1);
  }
  const before = text.slice(0, at).split("\n");
  const byte = bytes[Buffer.byteLength(text.slice(0, at))]?.toString(16).toUpperCase();
  const column = (before.at(-1) ?? "").length + 1;
  const problem = `is not UTF-8 (byte 0x${byte})`;
  throw new ConfigError([{ file, line: before.length, column, problem, ...expected }]);
}

/** The configuration of an empty file: every default. */
export function defaultPlatform(): PlatformConfig {
  return parsePlatform(`apiVersion: ${API_VERSION}\n`, "defaults");
}

const SECRET_FAULT: Fault = {
  problem: "this value looks like a key or password (it is not repeated here)",
  allowed: "the NAME of an environment variable",
  remedy: "put the value into the environment and its name here, then rotate the key if this file was shared",
};
