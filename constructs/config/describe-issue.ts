import type { z } from "zod";
import { looksLikeSecret } from "./secret-shape";

/** One thing that is wrong, and where. `key` names an unknown key inside `path`. */
export interface Finding {
  readonly path: readonly PropertyKey[];
  readonly text: string;
  readonly key?: string;
}

/** A zod issue in words: what is wrong, the value, what is allowed, the remedy. */
export function describeIssue(issue: z.core.$ZodIssue): Finding[] {
  const path = issue.path;
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => ({
        path,
        key,
        text: `unknown key; remedy: remove it or correct its spelling (schemas/platform.schema.json lists what is allowed)`,
      }));
    case "invalid_type":
      if (issue.input === undefined) {
        return [{ path, text: `is missing; allowed: ${issue.expected}; remedy: add it` }];
      }
      return [{ path, text: `has the wrong type, got ${show(issue.input)}; allowed: ${issue.expected}` }];
    case "too_big":
      return [{ path, text: `is too large, got ${size(issue.input)}; allowed: at most ${issue.maximum}` }];
    case "too_small":
      return [{ path, text: `is too small, got ${size(issue.input)}; allowed: at least ${issue.minimum}` }];
    case "invalid_value":
      return [
        {
          path,
          text: `is not known, got ${show(issue.input)}; allowed: ${issue.values.map((v) => show(v)).join(", ")}`,
        },
      ];
    case "invalid_union":
      if (issue.errors.length === 0) {
        return [{ path, text: `is not known; ${issue.message.replace(/^.*?[Ee]xpected /, "allowed: ")}` }];
      }
      return [{ path, text: `${issue.message}, got ${show(issue.input)}` }];
    default:
      return [{ path, text: `${issue.message}, got ${show(issue.input)}` }];
  }
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  if (looksLikeSecret(text)) return "a value that is not repeated here";
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function size(value: unknown): string {
  if (typeof value === "string") return `${show(value)} (${value.length} characters)`;
  if (Array.isArray(value)) return `${value.length} entries`;
  return show(value);
}
