import { ANY_SCOPE, isInScope } from "../../shared/enforcement-scope";
import { levelUnknown } from "../errors/catalogue";

/** How strictly an assistant is told to work. */
export interface EnforcementLevel {
  /** What a key's `metadata.enforcement_level` says. */
  readonly name: string;
  /** File of the prompts' directory that holds the enforced prompt. `undefined`: nothing is added to a request. */
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

/** What an installation decides about levels. */
export interface LevelSettings {
  /** Levels of one's own, beside those that always exist. @default - none */
  readonly custom?: readonly CustomLevel[];
  /** Level of a key that names none. @default "standard" */
  readonly defaultLevel?: string | undefined;
  /**
   * Scope → the level that its keys have at least. `agent` holds for `agent:review` too, `*` for every key; of several
   * that hold, the strictest counts.
   * @default - none
   */
  readonly minimumByScope?: Readonly<Record<string, string>>;
}

/** A level that an installation adds. */
interface CustomLevel {
  /** Up to 64 small letters, digits and hyphens. */
  readonly name: string;
  /** Plain name of a `.md` file in the prompts' directory. */
  readonly file: string;
  /** 1 to 1000; `standard` has 100, `design-first` 200. */
  readonly strictness: number;
}

/** One thing that is wrong with settings. */
interface LevelFault {
  /** Where, in the names of `LevelSettings`. */
  readonly path: readonly [setting: keyof LevelSettings, ...rest: (string | number)[]];
  /** What it is about, for a reader who does not know the path. */
  readonly subject: string;
  /** What is wrong and what is allowed. */
  readonly problem: string;
}

/** Settings that contradict themselves. */
export class LevelSettingsError extends Error {
  override readonly name = "LevelSettingsError";

  constructor(readonly faults: readonly LevelFault[]) {
    super(faults.map(({ subject, problem }) => `${subject}: ${problem}`).join("\n"));
  }
}

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;
/** A plain file name: it must not lead out of the directory. */
const FILE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.md$/;
/** As in the `scope` of a key's metadata, from the left on. */
const SCOPE = /^[^\s:]+(?::[^\s:]+)*$/;

/** @param builtIn names that exist without being set */
function findLevelFaults(settings: LevelSettings, builtIn: readonly string[]): readonly LevelFault[] {
  const { custom = [], defaultLevel, minimumByScope = {} } = settings;
  const names = [...builtIn, ...custom.map(({ name }) => name)];
  const unknown = (name: string) =>
    names.includes(name) ? [] : [`${name} is not one of ${names.join(", ")}`];
  return [
    ...custom.flatMap((level, index) => faultsOfLevel(level, index, names.slice(0, builtIn.length + index))),
    ...(defaultLevel === undefined ? [] : unknown(defaultLevel)).map(
      (problem): LevelFault => ({ path: ["defaultLevel"], subject: "default enforcement level", problem }),
    ),
    ...Object.entries(minimumByScope).flatMap(([scope, name]) =>
      [...unknownScope(scope), ...unknown(name)].map(
        (problem): LevelFault => ({
          path: ["minimumByScope", scope],
          subject: `minimum enforcement level of scope ${scope}`,
          problem,
        }),
      ),
    ),
  ];
}

function faultsOfLevel({ name, file, strictness }: CustomLevel, index: number, before: readonly string[]) {
  const fault = (field: keyof CustomLevel, problem: string): LevelFault => ({
    path: ["custom", index, field],
    subject: `enforcement level ${name}`,
    problem,
  });
  const faults: LevelFault[] = [];
  if (!NAME.test(name)) faults.push(fault("name", "use up to 64 small letters, digits and hyphens"));
  if (before.includes(name)) {
    faults.push(
      fault("name", "has the same name as another level; those that always exist cannot be replaced"),
    );
  }
  if (!FILE.test(file)) faults.push(fault("file", "file must be the plain name of a .md file"));
  if (!Number.isInteger(strictness) || strictness < 1 || strictness > 1000) {
    faults.push(fault("strictness", "strictness must be a whole number from 1 to 1000"));
  }
  return faults;
}

function unknownScope(scope: string): string[] {
  return scope === ANY_SCOPE || SCOPE.test(scope)
    ? []
    : ["a scope is *, or names joined by colons, such as workspace or agent:review"];
}
