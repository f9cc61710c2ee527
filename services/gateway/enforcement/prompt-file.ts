import { type EnforcedPrompt, makePrompt } from "./prompt";

/** A look at a prompt's file: what is in it, or why nothing could be read. */
export type PromptRead = { readonly bytes: Buffer } | { readonly unreadable: string };

/**
 * What is known of a prompt's file. It is `settled` when the last two looks saw the same; what a look sees for the first
 * time may be half of what somebody is writing.
 */
export interface PromptFile {
  readonly phase: "unread" | "changing" | "settled";
  /** What the last look saw. */
  readonly seen: PromptRead | undefined;
  /** The last version that was whole and valid. It stays when a later one is not. */
  readonly inForce: EnforcedPrompt | undefined;
  /** Why what settled last was not taken over. `undefined`: it was. */
  readonly refused: string | undefined;
}

export const UNREAD: PromptFile = {
  phase: "unread",
  seen: undefined,
  inForce: undefined,
  refused: undefined,
};

/** One look later. @param level whose file it is */
export function lookAtPrompt(file: PromptFile, level: string, read: PromptRead): PromptFile {
  if (file.seen === undefined || !isSame(file.seen, read)) return { ...file, phase: "changing", seen: read };
  if (file.phase === "settled") return file;
  const made = "bytes" in read ? makePrompt(level, read.bytes) : { refused: read.unreadable };
  if ("refused" in made) return { ...file, phase: "settled", refused: made.refused };
  const isKnown = file.inForce?.sha256 === made.sha256;
  return { ...file, phase: "settled", inForce: isKnown ? file.inForce : made, refused: undefined };
}

function isSame(one: PromptRead, other: PromptRead): boolean {
  if ("bytes" in one) return "bytes" in other && one.bytes.equals(other.bytes);
  return "unreadable" in other && one.unreadable === other.unreadable;
}
