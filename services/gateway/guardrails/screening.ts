import { contentBlocked, screeningUnknown } from "../errors/catalogue";
import { RawText, type Text } from "../json/json-value";
import type { MessagesRequest } from "../wire/internal/request";
import { changeTexts } from "./change-texts";
import { type Finding, findInMember, type Match, patternIdsOf, toEscapedOffsets, toFindings } from "./find";
import type { ScreenPattern } from "./pattern";
import { PERSONAL_PATTERNS } from "./personal-patterns";
import { SECRET_PATTERNS } from "./secret-patterns";

/** A request that may leave. */
interface ScreenedRequest {
  /** The same one when nothing was found. */
  readonly request: MessagesRequest;
  /** Ids of patterns whose matches were masked, each once. */
  readonly maskedPatterns: readonly string[];
}

/**
 * The request as the screening of its key lets it pass.
 * @param screening `undefined`: as it is
 * @throws GatewayError 400 `content_blocked`
 */
export function applyScreening(request: MessagesRequest, screening: Screening | undefined): ScreenedRequest {
  if (screening === undefined) return { request, maskedPatterns: [] };
  const { action, patterns, onFindings } = screening;
  if (action === "mask") {
    const { request: masked, findings } = mask(request, patterns);
    if (findings.length > 0) onFindings?.(findings);
    return { request: masked, maskedPatterns: patternIdsOf(findings) };
  }
  const findings = screen(request, patterns);
  if (findings.length === 0) return { request, maskedPatterns: [] };
  onFindings?.(findings);
  throw contentBlocked(findings, patternIdsOf(findings));
}

/** Findings that are listed; more say nothing new. */
export const MAX_FINDINGS = 100;

/** What patterns match in the texts of a request, in their order, at most `MAX_FINDINGS`. */
export function screen(request: MessagesRequest, patterns: readonly ScreenPattern[]): readonly Finding[] {
  const findings: Finding[] = [];
  changeTexts(request, (text, path) => {
    if (findings.length < MAX_FINDINGS)
      findings.push(...toFindings(findInMember(text, path, patterns), path));
    return text;
  });
  return findings.slice(0, MAX_FINDINGS);
}

/** A request without what patterns match, and what it held. */
interface MaskedRequest {
  /** The same one when nothing was found. */
  readonly request: MessagesRequest;
  /** At most `MAX_FINDINGS`; masked is everything. */
  readonly findings: readonly Finding[];
}

/** A mask may uncover a match that what stood there before had hidden; deeper than this nothing hides. */
const MAX_ROUNDS = 4;

/** Puts `[<pattern id>]` in the place of every match. All other bytes stay as they are. */
export function mask(request: MessagesRequest, patterns: readonly ScreenPattern[]): MaskedRequest {
  const findings: Finding[] = [];
  const masked = changeTexts(request, (text, path) => {
    let current = text;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const matches = findInMember(current, path, patterns);
      if (matches.length === 0) break;
      if (findings.length < MAX_FINDINGS) findings.push(...toFindings(matches, path));
      current = replaceMatches(current, matches);
    }
    return current;
  });
  return { request: masked, findings: findings.slice(0, MAX_FINDINGS) };
}

/** @param matches in their order and apart from each other, in UTF-16 units of the decoded text */
function replaceMatches(text: Text, matches: readonly Match[]): Text {
  const offsets = matches.flatMap(({ start, end }) => [start, end]);
  if (!(text instanceof RawText)) return splice(text, offsets, matches);
  const { escaped } = text;
  return RawText.of(splice(escaped, toEscapedOffsets(escaped, offsets), matches));
}

/** @param offsets start and end of each match */
function splice(text: string, offsets: readonly number[], matches: readonly Match[]): string {
  const parts: string[] = [];
  let from = 0;
  for (const [index, { patternId }] of matches.entries()) {
    parts.push(text.slice(from, offsets[2 * index]), `[${patternId}]`);
    from = offsets[2 * index + 1] as number;
  }
  return [...parts, text.slice(from)].join("");
}

/** Everything that can be looked for. Where two match the same place, the first of the table names it. */
export const PATTERNS: readonly ScreenPattern[] = [...SECRET_PATTERNS, ...PERSONAL_PATTERNS];

/** What is looked for unless settings say otherwise. */
export const DEFAULT_PATTERNS: readonly ScreenPattern[] = PATTERNS.filter(({ isOptional }) => !isOptional);

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
  const unknownName = Object.keys(given).find((name) => !MEMBERS.has(name));
  if (unknownName !== undefined) throw screeningUnknown("guardrails", unknownName, "screen and patterns");
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
