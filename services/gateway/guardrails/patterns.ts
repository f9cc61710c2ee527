import type { ScreenPattern } from "./pattern";
import { PERSONAL_PATTERNS } from "./personal-patterns";
import { SECRET_PATTERNS } from "./secret-patterns";

/** Everything that can be looked for. Where two match the same place, the first of the table names it. */
export const PATTERNS: readonly ScreenPattern[] = [...SECRET_PATTERNS, ...PERSONAL_PATTERNS];

/** What is looked for unless settings say otherwise. */
export const DEFAULT_PATTERNS: readonly ScreenPattern[] = PATTERNS.filter(({ isOptional }) => !isOptional);
