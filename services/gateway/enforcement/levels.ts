import { levelUnknown } from "./errors";
import { ANY_SCOPE, findLevelFaults, type LevelSettings, LevelSettingsError } from "./level-settings";

/** How strictly an assistant is told to work. */
export interface EnforcementLevel {
  /** What a key's `metadata.enforcement_level` says. */
  readonly name: string;
  /** File of the prompts' directory that holds the rules. `undefined`: nothing is added to a request. */
  readonly file: string | undefined;
  /** A higher one is stricter; minimums are compared by it. */
  readonly strictness: number;
}

/** Levels that always exist, from the loosest on. Their distances leave room for others. */
export const BUILT_IN_LEVELS: readonly EnforcementLevel[] = [
  { name: "unrestricted", file: undefined, strictness: 0 },
  { name: "standard", file: "standard.md", strictness: 100 },
  { name: "design-first", file: "design-first.md", strictness: 200 },
];

/** The levels of an installation, and which of them a key has. */
export class EnforcementLevels {
  /** From the loosest on. */
  readonly all: readonly EnforcementLevel[];
  readonly #byName: ReadonlyMap<string, EnforcementLevel>;
  readonly #default: EnforcementLevel;
  readonly #minimums: readonly (readonly [scope: string, level: EnforcementLevel])[];

  /** @throws LevelSettingsError */
  constructor(settings: LevelSettings = {}) {
    const faults = findLevelFaults(
      settings,
      BUILT_IN_LEVELS.map(({ name }) => name),
    );
    if (faults.length > 0) throw new LevelSettingsError(faults);
    const { custom = [], defaultLevel = "standard", minimumByScope = {} } = settings;
    this.all = [...BUILT_IN_LEVELS, ...custom].sort((a, b) => a.strictness - b.strictness);
    this.#byName = new Map(this.all.map((level) => [level.name, level]));
    this.#default = this.#known(defaultLevel);
    this.#minimums = Object.entries(minimumByScope).map(([scope, name]) => [scope, this.#known(name)]);
  }

  /**
   * The level of a key: its own or the default one, and never below the minimums of its scope. Only what the gateway
   * stores of the key counts, nothing of a request.
   * @param metadata of the authenticated key
   * @throws GatewayError 503 when the key names a level that does not exist
   */
  levelOf(metadata: Readonly<Record<string, unknown>>): EnforcementLevel {
    const named = metadata["enforcement_level"];
    const own = named === undefined || named === null ? this.#default : this.#byName.get(named as string);
    if (own === undefined) throw levelUnknown(named, [...this.#byName.keys()]);
    return this.#minimums.reduce(
      (strictest, [scope, level]) =>
        isInScope(metadata["scope"], scope) && level.strictness > strictest.strictness ? level : strictest,
      own,
    );
  }

  #known(name: string): EnforcementLevel {
    const level = this.#byName.get(name);
    if (level === undefined) throw new Error(`level ${name} was checked and is not there`);
    return level;
  }
}

/** Says which level a key has. */
export type LevelSource = Pick<EnforcementLevels, "all" | "levelOf">;

function isInScope(scope: unknown, of: string): boolean {
  return of === ANY_SCOPE || scope === of || (typeof scope === "string" && scope.startsWith(`${of}:`));
}
