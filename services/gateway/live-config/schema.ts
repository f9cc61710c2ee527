import { z } from "zod";
import { EnforcementLevels, type LevelSettings, LevelSettingsError } from "../enforcement/levels";
import {
  DEFAULT_SET,
  PATTERNS,
  SCREENING_OFF,
  type ScreeningSettings,
  selectPatterns,
} from "../guardrails/screening";
import {
  amount,
  fixedReference,
  flag,
  ignored,
  modelEntry,
  timeLimit,
  WITHOUT_EFFECT,
  wholeNumber,
} from "./model-entry";

/** Names of the settings in the file. */
const NAMES = {
  custom: "levels",
  defaultLevel: "default_level",
  minimumByScope: "minimum_by_scope",
} as const satisfies Record<keyof LevelSettings, string>;

const levelName = z.string("must be the name of an enforcement level");

/** The section `enforcement_settings`, the gateway's own: levels, their files, and who has which at least. */
const enforcementSettings = z
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
    "must contain default_level, minimum_by_scope or levels",
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

const KNOWN = [DEFAULT_SET, ...PATTERNS.map(({ id }) => id)] as const;
const KNOWN_TEXT = KNOWN.join(", ");

/** `guardrail_settings`: what is looked for in the requests of keys that say nothing themselves. */
const guardrailSettings = z
  .strictObject({
    default: z.enum(["off", "mask", "block"], "must be off, mask or block").optional(),
    patterns: z
      .array(z.enum(KNOWN, `must be one of ${KNOWN_TEXT}`), `must be a list of ${KNOWN_TEXT}`)
      .min(1, "must name at least one pattern; leave it out for the default ones")
      .max(100, "must have at most 100 entries")
      .optional(),
  })
  .optional();

/** @param section what a file says @default - nothing: off, with the default patterns */
export function readGuardrailSettings(section: z.output<typeof guardrailSettings>): ScreeningSettings {
  const { default: action = "off", patterns } = section ?? {};
  return {
    action,
    patterns: (patterns === undefined ? undefined : selectPatterns(patterns)) ?? SCREENING_OFF.patterns,
  };
}

/** The LiteLLM-style `config.yaml`. Every key is known by name; prices come out in pico-USD a token. */
export const configFileSchema = z.strictObject(
  {
    model_list: z.array(modelEntry, "must be a list of models"),
    general_settings: z
      .strictObject({
        master_key: fixedReference("LITELLM_MASTER_KEY"),
        database_url: fixedReference("DATABASE_URL"),
        ...ignored(WITHOUT_EFFECT.general_settings),
      })
      .optional(),
    litellm_settings: z
      .strictObject({
        drop_params: flag,
        max_end_user_budget: amount,
        num_retries: wholeNumber(0, 10),
        request_timeout: timeLimit,
        turn_off_message_logging: z.literal(true, "must be true; the gateway never logs messages").optional(),
        ...ignored(WITHOUT_EFFECT.litellm_settings),
      })
      .optional(),
    router_settings: z
      .strictObject({
        num_retries: wholeNumber(0, 10),
        allowed_fails: wholeNumber(0, 1000),
        cooldown_time: z
          .number("must be a number of seconds")
          .min(0, "must not be negative")
          .max(300, "must be at most 300 seconds")
          .optional(),
        disable_cooldowns: flag,
        timeout: timeLimit,
        stream_timeout: timeLimit,
        ...ignored(WITHOUT_EFFECT.router_settings),
      })
      .optional(),
    guardrail_settings: guardrailSettings,
    enforcement_settings: enforcementSettings,
  },
  "must contain model_list",
);

/** A `config.yaml` that was checked. */
export type ConfigFile = z.output<typeof configFileSchema>;
