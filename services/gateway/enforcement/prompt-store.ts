import { type FSWatcher, watch } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { EnforcementLevel } from "./levels";
import type { EnforcedPrompt, PromptSource } from "./prompt";
import { lookAtPrompt, type PromptFile, UNREAD } from "./prompt-file";
import { readPrompt } from "./read-prompt";

/** Settings of `PromptStore`. */
export interface PromptStoreSettings {
  readonly directory: string;
  /** Levels whose files are read, asked at each look; those without a file are left out. */
  readonly levels: { readonly all: readonly EnforcementLevel[] };
  readonly logger: Pick<Logger, "info" | "error">;
  /** Editors and copies write in several steps; a file must look the same so long apart. @default 200 ms */
  readonly settleMs?: number;
  /** Not every mount reports changes, so the files are also looked at now and then. @default 1000 ms */
  readonly pollMs?: number;
}

/** Looks at the start before the gateway goes on without what is still being written. */
const FIRST_LOOKS = 10;

/**
 * Working rules from files, put in force without a restart once they are whole. What is wrong with a file is said in the
 * log; the version before stays in force, and where there is none, nothing is sent at that level.
 */
export class PromptStore implements PromptSource {
  readonly #settings: PromptStoreSettings;
  #files: ReadonlyMap<string, PromptFile> = new Map();
  #watcher: FSWatcher | undefined;
  #settle: NodeJS.Timeout | undefined;
  #poll: NodeJS.Timeout | undefined;

  private constructor(settings: PromptStoreSettings) {
    this.#settings = settings;
  }

  /** Reads all files until each has settled. Missing and broken ones do not keep the gateway from starting. */
  static async open(settings: PromptStoreSettings): Promise<PromptStore> {
    const store = new PromptStore(settings);
    for (let look = 0; look < FIRST_LOOKS && !store.#look(); look++) await sleep(settings.settleMs ?? 200);
    return store;
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

  /** Looks at once, for levels that were added. */
  refresh(): void {
    this.#lookUntilSettled();
  }

  /** Takes over edits from now on. */
  start(): void {
    const { directory, pollMs = 1000 } = this.#settings;
    this.#poll = setInterval(() => this.#lookUntilSettled(), pollMs).unref();
    try {
      // The directory, because a file that is replaced takes its own watcher with it.
      this.#watcher = watch(directory, { persistent: false }, () => this.#lookUntilSettled());
      this.#watcher.on("error", () => this.#watcher?.close());
    } catch {
      // No watchers left, or a file system without them: the poll finds changes too.
    }
  }

  stop(): void {
    this.#watcher?.close();
    clearTimeout(this.#settle);
    clearInterval(this.#poll);
  }

  #lookUntilSettled(): void {
    if (this.#settle !== undefined) return;
    if (this.#look()) return;
    this.#settle = setTimeout(() => {
      this.#settle = undefined;
      this.#lookUntilSettled();
    }, this.#settings.settleMs ?? 200).unref();
  }

  /** @returns whether all files look as they did at the look before */
  #look(): boolean {
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
      const rest =
        prompt === null ? "requests at this level are refused" : "the version before stays in force";
      this.#settings.logger.error(
        { level, prompt, reason: after.refused },
        `working rules not taken over, ${rest}`,
      );
    } else if (after.inForce !== before.inForce) {
      this.#settings.logger.info({ level, prompt, sha256: after.inForce?.sha256 }, "working rules in force");
    }
  }
}

/** A level that gets another file begins without rules: the old ones are not what was asked for. */
function keyOf({ name, file }: EnforcementLevel): string {
  return `${name}/${file}`;
}
