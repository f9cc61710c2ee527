import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { SourceFault } from "./aliases";
import { ConfigError } from "./config-error";
import { showPath } from "./config-path";
import { DEFAULT_MODELS } from "./default-models";
import { describeIssue, type Finding, show } from "./describe-issue";
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
    throw new ConfigError([
      `${path}: cannot be read (${(cause as Error).message}). Copy platform.example.yaml to start.`,
    ]);
  }
  const file = basename(path);
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
    const secrets = source.secrets.map((secret) => ({ ...secret, text: SECRET_TEXT }));
    const unfit = [...secrets, ...source.unfit];
    for (const { offset, path, text: what } of unfit) {
      found.push({ offset, text: `${path.length === 0 ? "" : `${showPath(path)}: `}${what}` });
    }
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

function inOrder(found: SourceFault[], source: YamlSource, file: string): string[] {
  const all = found
    .sort((a, b) => a.offset - b.offset)
    .map(({ offset, text }) => `${file}:${source.position(offset)} ${escapeUnprintable(text)}`);
  const lines = [...new Set(all)];
  if (lines.length <= MAX_FINDINGS) return lines;
  const [place] = lines[MAX_FINDINGS]?.split(" ") ?? [];
  return [
    ...lines.slice(0, MAX_FINDINGS),
    `${place} and from here on ${lines.length - MAX_FINDINGS} more findings; remedy: correct those above first`,
  ];
}

function check(source: YamlSource, context: LoadContext): { config?: PlatformConfig; findings: Finding[] } {
  const { data } = source;
  const wrong = wrongWhole(data);
  if (wrong !== undefined) return { findings: [{ path: [], text: wrong }] };
  const result = PlatformSchema.safeParse(data, { reportInput: true });
  if (!result.success) {
    const findings = result.error.issues.flatMap((issue) => describeIssue(issue, data));
    return { findings: source.has(["models"]) ? findings : aboutDefaultModels(findings) };
  }
  const config = result.data;
  return { config, findings: findPromptFaults(config.enforcement, context.promptsFolder) };
}

const START = `remedy: start with the line "apiVersion: ${API_VERSION}", or cp platform.example.yaml platform.yaml`;

function wrongWhole(data: unknown): string | undefined {
  if (data === null || data === undefined) {
    return `is empty; allowed: a map of settings that has at least apiVersion; ${START}`;
  }
  if (typeof data === "object" && !Array.isArray(data)) return undefined;
  const what = Array.isArray(data) ? "a list" : `a single value, got ${show(data)}`;
  return `is ${what}; allowed: a map of settings such as apiVersion: ${API_VERSION}; ${START}`;
}

/** The models that stand in no file: what is wrong with them is that their provider is not there. */
function aboutDefaultModels(findings: Finding[]): Finding[] {
  const others = findings.filter(({ path }) => path[0] !== "models");
  if (others.length === findings.length) return findings;
  const providers = [
    ...new Set(DEFAULT_MODELS.flatMap((model) => model.deployments.map((one) => one.provider))),
  ];
  return [
    ...others,
    {
      path: ["providers"],
      text: `providers: has no ${providers.join(", ")}, on which the default models run; remedy: write models of your own, or add a provider of that name`,
    },
  ];
}

/** Puts a finding where somebody wrote something: what only a default has part in stands at the other setting. */
function locate({ path, key, text, other }: Finding, source: YamlSource): SourceFault {
  const place = other !== undefined && !source.has(path) && source.has(other) ? other : path;
  const full = key === undefined ? path : [...path, key];
  const name = key !== undefined && looksLikeSecret(key) ? showPath(path) : showPath(full);
  const isNamed = full.length === 0 || text.startsWith(`${name}: `);
  return { offset: source.offsetOf(place, key), text: isNamed ? text : `${name}: ${text}` };
}

function refuseLarge(bytes: number, file: string): void {
  if (bytes <= MAX_FILE_BYTES) return;
  throw new ConfigError([
    `${file}:1:1 has ${bytes} bytes; allowed: at most ${MAX_FILE_BYTES}, a platform fits in a few hundred lines; remedy: check that this is the file you mean`,
  ]);
}

/** @throws ConfigError where it is not UTF-8, with the place of the first byte that is not */
function decode(bytes: Buffer, file: string): string {
  const remedy = "allowed: UTF-8; remedy: save it as UTF-8 in your editor";
  if (/^(?:fffe|feff)/.test(bytes.subarray(0, 2).toString("hex"))) {
    throw new ConfigError([`${file}:1:1 is UTF-16; ${remedy}`]);
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
  throw new ConfigError([
    `${file}:${before.length}:${(before.at(-1) ?? "").length + 1} is not UTF-8 (byte 0x${byte}); ${remedy}`,
  ]);
}

/** The configuration of an empty file: every default. */
export function defaultPlatform(): PlatformConfig {
  return parsePlatform(`apiVersion: ${API_VERSION}\n`, "defaults");
}

const SECRET_TEXT =
  "this value looks like a key or password (it is not repeated here); allowed: the NAME of an environment variable; remedy: put the value into the environment and its name here, then rotate the key if this file was shared";
