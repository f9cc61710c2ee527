import { type FSWatcher, watch } from "node:fs";

/** Files that may change while the process runs. */
export interface WatchedFiles {
  /**
   * Looks at them, and takes over what is whole. Editors and copies write in several steps, so something new is seen twice before it counts.
   * Never throws.
   * @returns whether the last two looks saw the same
   */
  look(): boolean;
}

/** Settings of `FileWatch`. */
interface FileWatchSettings {
  /** Directories whose changes are reported: a file that is replaced takes its own watcher with it. */
  readonly directories: readonly string[];
  /** Looked at in this order, all of them each time. */
  readonly files: readonly WatchedFiles[];
  /** Between two looks at something new. @default 200 ms */
  readonly settleMs?: number | undefined;
  /** Not every mount reports changes, so the files are also looked at now and then. @default 1000 ms */
  readonly pollMs?: number | undefined;
}

/** Looks at files when they change, and on until they stay as they are. */
export class FileWatch {
  readonly #settings: FileWatchSettings;
  #watchers: FSWatcher[] = [];
  #poll: NodeJS.Timeout | undefined;
  #settle: NodeJS.Timeout | undefined;
  #isLooking = false;

  constructor(settings: FileWatchSettings) {
    this.#settings = settings;
  }

  start(): void {
    const { directories, pollMs = 1000 } = this.#settings;
    this.#poll = setInterval(() => this.look(), pollMs).unref();
    for (const directory of new Set(directories)) {
      try {
        const watcher = watch(directory, { persistent: false }, () => this.look());
        watcher.on("error", () => watcher.close());
        this.#watchers.push(watcher);
      } catch {
        // No watchers left, or a file system without them: the poll finds changes too.
      }
    }
  }

  stop(): void {
    for (const watcher of this.#watchers.splice(0)) watcher.close();
    clearInterval(this.#poll);
    clearTimeout(this.#settle);
  }

  /** Looks now, unless the next look is due soon: two looks that are too close together would take half a file for the whole. */
  look(): void {
    // What one look takes over may ask for another.
    if (this.#settle !== undefined || this.#isLooking) return;
    this.#isLooking = true;
    const settled = this.#settings.files.map((files) => files.look());
    this.#isLooking = false;
    if (settled.every(Boolean)) return;
    this.#settle = setTimeout(() => {
      this.#settle = undefined;
      this.look();
    }, this.#settings.settleMs ?? 200).unref();
  }
}
