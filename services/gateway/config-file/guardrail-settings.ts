import { z } from "zod";
import { PATTERNS } from "../guardrails/patterns";
import { DEFAULT_SET, SCREENING_OFF, type ScreeningSettings, selectPatterns } from "../guardrails/screening";
import type { ConfigFile } from "./schema";

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

/** @returns what a file says; off where it says nothing */
export function readGuardrailSettings({ guardrail_settings: given }: ConfigFile): ScreeningSettings {
  const { default: action = "off", patterns } = given ?? {};
  return {
    action,
    patterns: (patterns === undefined ? undefined : selectPatterns(patterns)) ?? SCREENING_OFF.patterns,
  };
}
