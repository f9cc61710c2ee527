import { z } from "zod";
import { PATTERNS } from "../guardrails/patterns";
import { DEFAULT_SET, SCREENING_OFF, type ScreeningSettings, selectPatterns } from "../guardrails/screening";

const KNOWN = [DEFAULT_SET, ...PATTERNS.map(({ id }) => id)] as const;
const KNOWN_TEXT = KNOWN.join(", ");

/** `guardrail_settings`: what is looked for in the requests of keys that say nothing themselves. */
export const guardrailSettings = z
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
