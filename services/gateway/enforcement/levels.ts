import { levelUnknown } from "./errors";

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

/** What an installation decides about levels. */
export interface LevelSettings {
  /** Levels of one's own, beside those that always exist. @default - none */
  readonly custom?: readonly { readonly name: string; readonly file: string; readonly strictness: number }[];
  /** Level of a key that names none. @default "standard" */
  readonly defaultLevel?: string;
  /**
   * Scope → the level that its keys have at least. `agent` holds for `agent:review` too, `*` for every key; of several
   * that hold, the strictest counts.
   * @default - none
   */
  readonly minimumByScope?: Readonly<Record<string, string>>;
}

/** Settings that contradict themselves. */
export class LevelSettingsError extends Error {
  override readonly name = "LevelSettingsError";
}

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;
/** A plain file name: it must not lead out of the directory. */
const FILE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.md$/;
/** Minimum of all keys. */
const ANY_SCOPE = "*";

/** The levels of an installation, and which of them a key has. */
export class EnforcementLevels {
  /** From the loosest on. */
  readonly all: readonly EnforcementLevel[];
  readonly #byName: ReadonlyMap<string, EnforcementLevel>;
  readonly #default: EnforcementLevel;
  readonly #minimums: readonly (readonly [scope: string, level: EnforcementLevel])[];

  /** @throws LevelSettingsError */
  constructor({ custom = [], defaultLevel = "standard", minimumByScope = {} }: LevelSettings = {}) {
    custom.forEach(requireValid);
    this.all = [...BUILT_IN_LEVELS, ...custom].sort((a, b) => a.strictness - b.strictness);
    this.#byName = new Map(this.all.map((level) => [level.name, level]));
    if (this.#byName.size < this.all.length) {
      throw new LevelSettingsError(
        "two enforcement levels have the same name; standard levels cannot be replaced",
      );
    }
    this.#default = this.#require(defaultLevel, "default enforcement level");
    this.#minimums = Object.entries(minimumByScope).map(([scope, name]) => [
      scope,
      this.#require(name, `minimum enforcement level of scope ${scope}`),
    ]);
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

  #require(name: string, what: string): EnforcementLevel {
    const level = this.#byName.get(name);
    if (level === undefined) {
      throw new LevelSettingsError(`${what}: ${name} is not one of ${[...this.#byName.keys()].join(", ")}`);
    }
    return level;
  }
}

function isInScope(scope: unknown, of: string): boolean {
  return of === ANY_SCOPE || scope === of || (typeof scope === "string" && scope.startsWith(`${of}:`));
}

function requireValid({ name, file, strictness }: { name: string; file: string; strictness: number }): void {
  if (!NAME.test(name)) {
    throw new LevelSettingsError(`enforcement level ${name}: use up to 64 small letters, digits and hyphens`);
  }
  if (!FILE.test(file)) {
    throw new LevelSettingsError(`enforcement level ${name}: file must be the plain name of a .md file`);
  }
  if (!Number.isInteger(strictness) || strictness < 1 || strictness > 1000) {
    throw new LevelSettingsError(
      `enforcement level ${name}: strictness must be a whole number from 1 to 1000`,
    );
  }
}
