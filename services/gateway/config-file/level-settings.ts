import { z } from "zod";
import { type LevelSettings, LevelSettingsError } from "../enforcement/level-settings";
import { EnforcementLevels } from "../enforcement/levels";

/** Names of the settings in the file. */
const NAMES = {
  custom: "levels",
  defaultLevel: "default_level",
  minimumByScope: "minimum_by_scope",
} as const satisfies Record<keyof LevelSettings, string>;

const levelName = z.string("must be the name of an enforcement level");

/** The section `enforcement_settings`, the gateway's own: levels, their files, and who has which at least. */
export const enforcementSettings = z
  .strictObject(
    {
      default_level: levelName.optional(),
      minimum_by_scope: z.record(z.string(), levelName, "must be a map of scopes to levels").default({}),
      levels: z
        .array(
          z.strictObject(
            {
              name: z.string("is missing; must be the name of the level"),
              file: z.string("is missing; must be the plain name of a .md file in PROMPTS_DIRECTORY"),
              strictness: z.number("is missing; must be a whole number from 1 to 1000"),
            },
            "must be a level with name, file and strictness",
          ),
          "must be a list of levels",
        )
        .max(100, "must have at most 100 levels")
        .default([]),
    },
    "must hold default_level, minimum_by_scope or levels",
  )
  .transform(
    ({ default_level, minimum_by_scope, levels }): LevelSettings => ({
      custom: levels,
      defaultLevel: default_level,
      minimumByScope: minimum_by_scope,
    }),
  )
  .superRefine((settings, context) => {
    try {
      new EnforcementLevels(settings);
    } catch (error) {
      if (!(error instanceof LevelSettingsError)) throw error;
      for (const { path, problem } of error.faults) {
        const [setting, ...rest] = path;
        context.addIssue({ code: "custom", path: [NAMES[setting], ...rest], message: problem });
      }
    }
  })
  .optional();
