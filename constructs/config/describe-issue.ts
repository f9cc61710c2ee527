import type { z } from "zod";
import { type Allowed, allowedAt } from "./allowed-values";
import type { ConfigPath } from "./config-path";
import { didYouMean } from "./nearest";
import { isRemoved } from "./removed-settings";
import { looksLikeSecret } from "./secret-shape";
import { DURATION_PATTERN } from "./sections/governance";

/** One thing that is wrong, and where. */
export interface Finding {
  readonly path: ConfigPath;
  /** What is wrong, the value, what is allowed, the remedy. */
  readonly text: string;
  /** An unknown key inside `path`. */
  readonly key?: string;
  /** Another setting that has a part in it: the place to look at where nobody has written `path`. */
  readonly other?: ConfigPath;
}

/**
 * A zod issue in words.
 * @param input the whole file as data
 */
export function describeIssue(issue: z.core.$ZodIssue, input: unknown): Finding[] {
  const path = issue.path;
  const allowed = allowedAt(path, input);
  const value = issue.input;
  const finding = (text: string): Finding[] => [{ path, text }];
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(path, key, allowed));
    case "invalid_key": {
      const key = String(path.at(-1));
      const parent = path.slice(0, -1);
      const { keys } = allowedAt(parent, input);
      if (keys.length > 0) return [unknownKey(parent, key, allowedAt(parent, input))];
      const rule = issue.issues[0]?.message ?? issue.message;
      return [{ path: parent, key, text: `${rule}, got ${show(key)}; remedy: choose another name` }];
    }
    case "invalid_type":
      return finding(wrongType(path, value, allowed));
    case "too_big":
    case "too_small": {
      const limit = issue.code === "too_big" ? issue.maximum : issue.minimum;
      const word = issue.code === "too_big" ? "most" : "least";
      const range = allowed.type === "integer" || allowed.type === "number";
      return finding(
        `is too ${issue.code === "too_big" ? "large" : "small"}, got ${size(value)}; allowed: ${
          range ? allowed.text : `at ${word} ${limit}${unitOf(value)}`
        }; remedy: ${correction(allowed)}`,
      );
    }
    case "invalid_value": {
      if (value === undefined) return finding(wrongType(path, value, allowed));
      const values = issue.values.map(String);
      return finding(
        `is not known, got ${show(value)}; allowed: ${issue.values.map((one) => show(one)).join(", ")}; remedy: ${didYouMean(String(value), values)}${correction(allowed)}`,
      );
    }
    case "invalid_union":
      if (issue.errors.length === 0) return finding(unknownKind(issue, value, input));
      return finding(`${issue.message}, got ${show(value)}; remedy: ${correction(allowed)}`);
    case "custom": {
      const { other } = (issue.params ?? {}) as { other?: ConfigPath };
      const [what = "", ...rest] = issue.message.split("; ");
      const hasRemedy = rest.some((part) => part.startsWith("remedy: "));
      const more = hasRemedy ? rest : [...rest, `remedy: ${correction(allowed)}`];
      return [{ path, text: `${what}, got ${show(value)}; ${more.join("; ")}`, ...(other && { other }) }];
    }
    default:
      return finding(`${issue.message}, got ${show(value)}; remedy: ${correction(allowed)}`);
  }
}

function unknownKey(path: ConfigPath, key: string, { keys }: Allowed): Finding {
  // Merge keys have left YAML with version 1.2.
  if (key === "<<") {
    const text =
      "is a merge key, which YAML 1.2 does not have; remedy: write the settings out, or refer to a whole value with *";
    return { path, key, text };
  }
  if (isRemoved([...path, key])) {
    return { path, key, text: "is no setting any more; remedy: remove it: nothing reads it" };
  }
  const hint = looksLikeSecret(key) ? "" : didYouMean(key, keys);
  const text = `unknown key; allowed: ${keys.join(", ")}; remedy: ${hint}correct its spelling or remove it`;
  return { path, key, text };
}

/** A provider of no known kind. */
function unknownKind(issue: z.core.$ZodIssueInvalidUnion, value: unknown, input: unknown): string {
  const kinds = issue.message
    .replace(/^.*?[Ee]xpected /, "")
    .replaceAll("'", '"')
    .replaceAll(" | ", ", ");
  const written = issue.path.reduce<unknown>(
    (at, step) => (at as Record<PropertyKey, unknown> | undefined)?.[step],
    input,
  );
  if (written === undefined) return `is missing; allowed: ${kinds}; remedy: say which it is`;
  const names = [...kinds.matchAll(/"([^"]*)"/g)].map(([, name = ""]) => name);
  const shown = typeof written === "object" ? show(value) : show(written);
  return `is not known, got ${shown}; allowed: ${kinds}; remedy: ${didYouMean(String(written), names)}choose one of them`;
}

function wrongType(path: ConfigPath, value: unknown, allowed: Allowed): string {
  if (value === undefined) {
    const key = String(path.at(-1));
    const line = allowed.example === undefined ? `${key}: …` : `${key}: ${plain(allowed.example)}`;
    return `is missing; allowed: ${allowed.text}; remedy: add ${line}`;
  }
  if (value === null) return `is empty; allowed: ${allowed.text}; remedy: ${fillIn(allowed)}`;
  return `is ${kindOf(value)}, got ${show(value)}; allowed: ${allowed.text}; remedy: ${conversion(value, allowed) ?? correction(allowed)}`;
}

function fillIn(allowed: Allowed): string {
  const what = allowed.type === "object" ? "write its settings below it, indented," : "write a value";
  return `${what} or remove the line${defaultOf(allowed)}`;
}

/** How the value would have to be written, where that can be told. */
function conversion(value: unknown, { type, pattern }: Allowed): string | undefined {
  if (type === "string" && typeof value === "number") {
    return pattern === DURATION_PATTERN
      ? `add the unit, such as ${value}d for days or ${value}h for hours`
      : `put it in quotes: "${value}"`;
  }
  if (type === "string" && typeof value === "boolean") return `put it in quotes: "${value}"`;
  if (type === "array" && typeof value !== "object") return `write it as a list: [${show(value)}]`;
  if (type === "integer" && typeof value === "number" && Number.isFinite(value)) {
    return `write a whole number, such as ${Math.round(value)}`;
  }
  if (typeof value !== "string") return undefined;
  if (type === "boolean") {
    if (/^(y|yes|on|true)$/i.test(value)) return "write true";
    return /^(n|no|off|false)$/i.test(value) ? "write false" : undefined;
  }
  if (type === "integer" || type === "number") return asNumber(value.trim());
  return undefined;
}

const MEGABYTES: Readonly<Record<string, number>> = { m: 1, g: 1024, t: 1024 * 1024 };

function asNumber(text: string): string | undefined {
  const digits = text.replaceAll("_", "");
  if (/^[-+]?\d+(\.\d+)?$/.test(digits)) {
    return `write ${Number(digits)}, without ${digits === text ? "quotes" : "underscores"}`;
  }
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)\s*([mgt])i?b?$/i.exec(digits) ?? [];
  if (number === undefined) return undefined;
  return `write ${Math.round(Number(number) * (MEGABYTES[unit.toLowerCase()] ?? 1))}: the unit, MB, is part of the key's name`;
}

function correction(allowed: Allowed): string {
  const without = defaultOf(allowed);
  return without === "" ? "correct it" : `correct it, or remove the line${without}`;
}

function defaultOf({ fallback }: Allowed): string {
  return fallback === undefined ? "" : ` for the default, ${plain(fallback)}`;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a map";
  if (typeof value === "string") return "text";
  return typeof value === "boolean" ? "true or false" : "a number";
}

/** A value in a message; never one that looks like a credential. */
export function show(value: unknown): string {
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));
  if (looksLikeSecret(text) || (typeof value === "string" && looksLikeSecret(value))) {
    return "a value that is not repeated here";
  }
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

const plain = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));

function size(value: unknown): string {
  if (typeof value === "string") return `${show(value)} (${value.length} characters)`;
  if (Array.isArray(value)) return `${value.length} entries`;
  return show(value);
}

function unitOf(value: unknown): string {
  if (typeof value === "string") return " characters";
  return Array.isArray(value) ? " entries" : "";
}
