import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import type { EnforcementLevel } from "./levels";

/** Longer rules would cost every request more than they are worth. */
export const MAX_PROMPT_BYTES = 64 * 1024;
/** Digits of the hash that name a version. */
const VERSION_DIGITS = 12;

/** The rules of a level, in one version. */
export interface EnforcedPrompt {
  /** `<level>@<first 12 digits of the hash>` */
  readonly id: string;
  /** SHA-256 of the text, 64 hex digits. */
  readonly sha256: string;
  /** Without white space around it; the same bytes in every request until somebody edits the file. */
  readonly text: string;
}

/** Where the rules of levels come from. */
export interface PromptSource {
  /** The version in force. `undefined`: there is none, so nothing may be sent at this level. */
  find(level: EnforcementLevel): EnforcedPrompt | undefined;
}

/** @returns the prompt, or why the bytes are none */
export function makePrompt(level: string, bytes: Buffer): EnforcedPrompt | { readonly refused: string } {
  if (bytes.length > MAX_PROMPT_BYTES) return { refused: `longer than ${MAX_PROMPT_BYTES} bytes` };
  if (!isUtf8(bytes)) return { refused: "not valid UTF-8" };
  if (bytes.includes(0)) return { refused: "not a text: it has a zero byte" };
  const text = bytes.toString().trim();
  if (text === "") return { refused: "empty" };
  const sha256 = createHash("sha256").update(text).digest("hex");
  return { id: `${level}@${sha256.slice(0, VERSION_DIGITS)}`, sha256, text };
}
