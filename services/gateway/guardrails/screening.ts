import { screeningUnknown } from "./errors";
import type { Finding } from "./finding";
import type { ScreenPattern } from "./pattern";
import { DEFAULT_PATTERNS, PATTERNS } from "./patterns";

/** What holds for keys that say nothing themselves. */
export interface ScreeningSettings {
  readonly action: "off" | "mask" | "block";
  readonly patterns: readonly ScreenPattern[];
}

/** What is done with the requests of a key. */
export interface Screening {
  /** `mask`: matches are replaced. `block`: a request with a match is refused. */
  readonly action: "mask" | "block";
  readonly patterns: readonly ScreenPattern[];
  /** Called with what was found, if there was something. @default - nobody is told */
  readonly onFindings?: (findings: readonly Finding[]) => void;
}

/** Requests are not looked at unless a key says so. */
export const SCREENING_OFF: ScreeningSettings = { action: "off", patterns: DEFAULT_PATTERNS };
/** In a list of patterns: all that are not optional. */
export const DEFAULT_SET = "default";

const ACTIONS = ["off", "mask", "block"] as const;
const MEMBERS = new Set(["screen", "patterns"]);

/**
 * What is looked for in the requests of a key. Only what the gateway stores of the key counts, nothing of a request. A
 * key that names patterns and no action has the default action.
 * @param metadata of the authenticated key; `guardrails: { screen, patterns }`
 * @returns `undefined`: requests are not screened
 * @throws GatewayError 503 `guardrails_unavailable` for values that are not known: guessing could let something out
 */
export function resolveScreening(
  settings: ScreeningSettings,
  metadata: Readonly<Record<string, unknown>>,
): Screening | undefined {
  const given = metadata["guardrails"];
  if (given === undefined || given === null) return toScreening(settings);
  if (typeof given !== "object" || Array.isArray(given)) {
    throw screeningUnknown("guardrails", given, "an object with screen and patterns");
  }
  const stranger = Object.keys(given).find((name) => !MEMBERS.has(name));
  if (stranger !== undefined) throw screeningUnknown("guardrails", stranger, "screen and patterns");
  const { screen, patterns } = given as { readonly screen?: unknown; readonly patterns?: unknown };
  return toScreening({
    action: screen === undefined || screen === null ? settings.action : readAction(screen),
    patterns: patterns === undefined || patterns === null ? settings.patterns : readPatterns(patterns),
  });
}

/** The patterns of a list of ids, each once, in the order of the table. @returns `undefined` if one is not known */
export function selectPatterns(ids: readonly unknown[]): readonly ScreenPattern[] | undefined {
  const wanted = new Set(ids);
  if (wanted.delete(DEFAULT_SET)) for (const { id } of DEFAULT_PATTERNS) wanted.add(id);
  const found = PATTERNS.filter(({ id }) => wanted.has(id));
  return found.length === wanted.size ? found : undefined;
}

function toScreening({ action, patterns }: ScreeningSettings): Screening | undefined {
  return action === "off" ? undefined : { action, patterns };
}

function readAction(value: unknown): ScreeningSettings["action"] {
  const action = ACTIONS.find((known) => known === value);
  if (action === undefined) throw screeningUnknown("guardrails.screen", value, ACTIONS.join(", "));
  return action;
}

function readPatterns(value: unknown): readonly ScreenPattern[] {
  const patterns = Array.isArray(value) && value.length > 0 ? selectPatterns(value) : undefined;
  if (patterns !== undefined) return patterns;
  const known = [DEFAULT_SET, ...PATTERNS.map(({ id }) => id)].join(", ");
  const unknown = Array.isArray(value) ? value.find((id) => selectPatterns([id]) === undefined) : undefined;
  throw screeningUnknown("guardrails.patterns", unknown ?? value, `a list of ${known}`);
}
