import { z } from "zod";
import type { Fault } from "../finding";
import { unknownName } from "../nearest";

/** Levels that every gateway has, from the loosest on, and the files with their rules. */
export const BUILT_IN_LEVELS: readonly {
  readonly name: string;
  /** `undefined`: nothing is added to a request. */
  readonly file: string | undefined;
  readonly strictness: number;
}[] = [
  { name: "unrestricted", file: undefined, strictness: 0 },
  { name: "standard", file: "standard.md", strictness: 100 },
  { name: "design-first", file: "design-first.md", strictness: 200 },
];

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

const levelName = z
  .string()
  .regex(NAME, {
    error: "must be the name of a level: up to 64 lower-case letters, digits and dashes",
  })
  .meta({ examples: BUILT_IN_LEVELS.map(({ name }) => name) });

/** Kinds of keys that can have a minimum. */
const MINIMUM_SCOPES = ["*", "workspace", "user", "ci", "agent", "agent:review", "agent:write"] as const;

const Minimum = z.partialRecord(
  z.enum(MINIMUM_SCOPES),
  levelName.describe(
    "Level that keys of this scope have at least, whatever they name: `*` is every key, `agent` every agent. Of several that hold, the strictest counts.",
  ),
);

/** A level of an installation's own. */
const OwnLevel = z.strictObject({
  name: levelName.describe("Name, as keys have it in `metadata.enforcement_level`."),
  file: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.md$/, {
      error: "must be the plain name of a .md file in prompts/, without a folder",
    })
    .describe("File with its rules in `prompts/`."),
  strictness: z
    .int()
    .min(1)
    .max(1000)
    .describe("Rank by which minimums compare levels. `standard` has 100, `design-first` 200."),
});

/** Enforcement levels, and the prompts that belong to them. */
export const Enforcement = z
  .strictObject({
    default: levelName
      .default("standard")
      .describe(
        "Level of a key that names none: `unrestricted`, `standard`, `design-first` or one of `levels`.",
      ),
    minimum: Minimum.default({}).describe("Scope → the level that its keys have at least."),
    levels: z
      .array(OwnLevel)
      .max(50)
      .default([])
      .describe("Levels of your own. The standard ones always exist and cannot be replaced."),
  })
  .prefault({})
  .describe("Enforced prompts, which the gateway puts before each request of a key.");

/** How faults name a level, and where one can be added. */
export const LEVEL = { what: "a level", setting: "enforcement.levels" };

/** Level names of a configuration that may be wrong in part. */
export function levelNames(enforcement: { readonly levels?: unknown } | undefined): string[] {
  const own = Array.isArray(enforcement?.levels) ? enforcement.levels : [];
  return [...BUILT_IN_LEVELS, ...own].map((level) => level?.name).filter((name) => typeof name === "string");
}

/** Rules among the settings of the section. It may be absent or wrong in part. */
export function* findLevelFaults(
  enforcement: Partial<z.output<typeof Enforcement>> | undefined,
): Iterable<{ path: (string | number)[]; input: unknown; fault: Fault }> {
  const own = Array.isArray(enforcement?.levels) ? enforcement.levels : [];
  // With those that have no name, by whose place the others are found.
  const known = [...BUILT_IN_LEVELS, ...own].map((level) => level?.name);
  for (const [index, level] of own.entries()) {
    const name: unknown = level?.name;
    if (typeof name !== "string") continue;
    if (known.indexOf(name) === BUILT_IN_LEVELS.length + index) continue;
    const fault = {
      problem: "is the name of another level",
      allowed: "each name once, the standard ones are taken",
      remedy: "choose another",
    };
    yield { path: ["levels", index, "name"], input: name, fault };
  }
  const uses: [path: string[], level: unknown][] = [
    [["default"], enforcement?.default],
    ...Object.entries(enforcement?.minimum ?? {}).map(([scope, level]): [string[], unknown] => [
      ["minimum", scope],
      level,
    ]),
  ];
  for (const [path, level] of uses) {
    // What is no name at all is refused already.
    if (typeof level !== "string" || !NAME.test(level) || known.includes(level)) continue;
    yield { path, input: level, fault: unknownName(level, levelNames(enforcement), LEVEL) };
  }
}
