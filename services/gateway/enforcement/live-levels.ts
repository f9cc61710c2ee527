import type { EnforcementLevel, LevelSource } from "./levels";

/** The levels in force. Whoever holds them sees each new set from the moment it is put in place. */
export class LiveLevels implements LevelSource {
  #current: LevelSource;

  constructor(first: LevelSource) {
    this.#current = first;
  }

  get all(): readonly EnforcementLevel[] {
    return this.#current.all;
  }

  levelOf(metadata: Readonly<Record<string, unknown>>): EnforcementLevel {
    return this.#current.levelOf(metadata);
  }

  replace(next: LevelSource): void {
    this.#current = next;
  }
}
