import type { z } from "zod";
import { type Allowed, allowedAt } from "./allowed-values";
import type { ConfigPath } from "./config-path";
import type { Fault, FaultParams } from "./finding";
import { didYouMean } from "./nearest";
import { isRemoved } from "./removed-settings";
import { looksLikeSecret } from "./secret-shape";
import { DURATION_PATTERN } from "./sections/governance";

/** What is wrong with a setting. */
export interface SettingFault extends Fault {
  readonly path: ConfigPath;
  /** An unknown key inside `path`. */
  readonly key?: string;
  /** Another setting that has a part in it: the place to look at where nobody has written `path`. */
  readonly other?: ConfigPath;
}

/**
 * A zod issue in words.
 * @param input the whole file as data
 */
export function describeIssue(issue: z.core.$ZodIssue, input: unknown): SettingFault[] {
  const path = issue.path;
  const allowed = allowedAt(path, input);
  const value = issue.input;
  const wrong = (fault: Fault): SettingFault[] => [{ path, ...fault }];
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(path, key, allowed));
    case "invalid_key": {
      const key = String(path.at(-1));
      const parent = path.slice(0, -1);
      const { keys } = allowedAt(parent, input);
      if (keys.length > 0) return [unknownKey(parent, key, allowedAt(parent, input))];
      const rule = issue.issues[0]?.message ?? issue.message;
      return [{ path: parent, key, problem: rule, value: show(key), remedy: "choose another name" }];
    }
    case "invalid_type":
      return wrong(wrongType(path, value, allowed));
    case "too_big":
    case "too_small": {
      const limit = issue.code === "too_big" ? issue.maximum : issue.minimum;
      const word = issue.code === "too_big" ? "most" : "least";
      const range = allowed.type === "integer" || allowed.type === "number";
      return wrong({
        problem: `is too ${issue.code === "too_big" ? "large" : "small"}`,
        value: size(value),
        allowed: range ? allowed.text : `at ${word} ${limit}${unitOf(value)}`,
        remedy: correction(allowed),
      });
    }
    case "invalid_value": {
      if (value === undefined) return wrong(wrongType(path, value, allowed));
      const values = issue.values.map(String);
      return wrong({
        problem: "is not known",
        value: show(value),
        allowed: issue.values.map(show).join(", "),
        remedy: `${didYouMean(String(value), values)}${correction(allowed)}`,
      });
    }
    case "invalid_union":
      if (issue.errors.length === 0) return wrong(unknownKind(issue, value, input));
      return wrong({ problem: issue.message, value: show(value), remedy: correction(allowed) });
    case "custom": {
      const params = (issue.params ?? {}) as FaultParams;
      return [
        {
          path,
          problem: issue.message,
          value: show(value),
          ...(params.allowed !== undefined && { allowed: params.allowed }),
          remedy: params.remedy ?? correction(allowed),
          ...(params.other && { other: params.other }),
        },
      ];
    }
    default:
      return wrong({ problem: issue.message, value: show(value), remedy: correction(allowed) });
  }
}

function unknownKey(path: ConfigPath, key: string, { keys }: Allowed): SettingFault {
  // Merge keys have left YAML with version 1.2.
  if (key === "<<") {
    const problem = "is a merge key, which YAML 1.2 does not have";
    return { path, key, problem, remedy: "write the settings out, or refer to a whole value with *" };
  }
  if (isRemoved([...path, key])) {
    return { path, key, problem: "is no longer a setting", remedy: "remove it: nothing reads it" };
  }
  const hint = looksLikeSecret(key) ? "" : didYouMean(key, keys);
  return {
    path,
    key,
    problem: "unknown key",
    allowed: keys.join(", "),
    remedy: `${hint}correct its spelling or remove it`,
  };
}

/** A provider of no known kind. */
function unknownKind(issue: z.core.$ZodIssueInvalidUnion, value: unknown, input: unknown): Fault {
  const kinds = ("options" in issue ? (issue.options ?? []) : []).map(String);
  const allowed = kinds.map(show).join(", ");
  const written = issue.path.reduce<unknown>(
    (at, step) => (at as Record<PropertyKey, unknown> | undefined)?.[step],
    input,
  );
  if (written === undefined) return { problem: "is missing", allowed, remedy: "say which it is" };
  return {
    problem: "is not known",
    value: typeof written === "object" ? show(value) : show(written),
    allowed,
    remedy: `${didYouMean(String(written), kinds)}choose one of them`,
  };
}

function wrongType(path: ConfigPath, value: unknown, allowed: Allowed): Fault {
  if (value === undefined) {
    const key = String(path.at(-1));
    const line = allowed.example === undefined ? `${key}: …` : `${key}: ${plain(allowed.example)}`;
    return { problem: "is missing", allowed: allowed.text, remedy: `add ${line}` };
  }
  if (value === null) return { problem: "is empty", allowed: allowed.text, remedy: fillIn(allowed) };
  return {
    problem: `is ${kindOf(value)}`,
    value: show(value),
    allowed: allowed.text,
    remedy: conversion(value, allowed) ?? correction(allowed),
  };
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
