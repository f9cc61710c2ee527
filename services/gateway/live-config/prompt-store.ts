import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { WatchedFiles } from "../../shared/file-watch";
import type { EnforcementLevel } from "../enforcement/levels";
import { type EnforcedPrompt, MAX_PROMPT_BYTES, makePrompt, type PromptSource } from "../enforcement/policy";

/** Settings of `PromptStore`. */
interface PromptStoreSettings {
  readonly directory: string;
  /** Levels whose files are read, asked at each look; those without a file are left out. */
  readonly levels: { readonly all: readonly EnforcementLevel[] };
  readonly logger: Pick<Logger, "info" | "error">;
}

/** Looks at the start before the gateway goes on without what is still being written. */
const FIRST_LOOKS = 10;

/**
 * Enforced prompts from files, put in force without a restart once they are whole. What is wrong with a file is said in the
 * log; the version before stays in force, and where there is none, nothing is sent at that level.
 */
export class PromptStore implements PromptSource, WatchedFiles {
  readonly #settings: PromptStoreSettings;
  #files: ReadonlyMap<string, PromptFile> = new Map();

  constructor(settings: PromptStoreSettings) {
    this.#settings = settings;
  }

  /**
   * Reads all files until each has settled. Missing and broken ones do not keep the gateway from starting.
   * @param settleMs between two looks
   */
  async readAll(settleMs = 200): Promise<void> {
    for (let look = 0; look < FIRST_LOOKS && !this.look(); look++) await sleep(settleMs);
  }

  find(level: EnforcementLevel): EnforcedPrompt | undefined {
    return this.#files.get(keyOf(level))?.inForce;
  }

  /** Of each level with a file: whether it has rules, and whether what its file holds now was refused. */
  states(): { readonly level: string; readonly isInForce: boolean; readonly isRefused: boolean }[] {
    return this.#settings.levels.all.flatMap((level) => {
      if (level.file === undefined) return [];
      const file = this.#files.get(keyOf(level));
      return [
        {
          level: level.name,
          isInForce: file?.inForce !== undefined,
          isRefused: file?.refused !== undefined,
        },
      ];
    });
  }

  look(): boolean {
    const { directory, levels } = this.#settings;
    const files = new Map<string, PromptFile>();
    let isSettled = true;
    for (const level of levels.all) {
      if (level.file === undefined) continue;
      const before = this.#files.get(keyOf(level)) ?? UNREAD;
      const after = lookAtPrompt(before, level.name, readPrompt(join(directory, level.file)));
      files.set(keyOf(level), after);
      if (after.phase !== "settled") isSettled = false;
      else if (before.phase !== "settled") this.#report(level.name, before, after);
    }
    // Levels that are gone are forgotten.
    this.#files = files;
    return isSettled;
  }

  /** Never the text itself: rules are the organisation's own matter. */
  #report(level: string, before: PromptFile, after: PromptFile): void {
    const prompt = after.inForce?.id ?? null;
    if (after.refused !== undefined) {
      const rest = prompt === null ? "requests at this level are rejected" : "keeping the previous version";
      this.#settings.logger.error(
        { level, prompt, reason: after.refused },
        `enforced prompt rejected, ${rest}`,
      );
    } else if (after.inForce !== before.inForce) {
      this.#settings.logger.info({ level, prompt, sha256: after.inForce?.sha256 }, "enforced prompt loaded");
    }
  }
}

/** A level that gets another file begins without rules: the old ones are not what was asked for. */
function keyOf({ name, file }: EnforcementLevel): string {
  return `${name}/${file}`;
}

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

/** Reads a prompt's file, at most one byte more than a prompt may have. Never throws, never waits for a pipe. */
export function readPrompt(path: string): PromptRead {
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!fstatSync(file).isFile()) return { unreadable: "not a file" };
    const buffer = Buffer.alloc(MAX_PROMPT_BYTES + 1);
    let length = 0;
    while (length < buffer.length) {
      const read = readSync(file, buffer, length, buffer.length - length, length);
      if (read === 0) break;
      length += read;
    }
    return { bytes: Buffer.from(buffer.subarray(0, length)) };
  } catch (error) {
    return { unreadable: (error as NodeJS.ErrnoException).code ?? "unreadable" };
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
