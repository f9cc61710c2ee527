import type { ValuePath } from "../wire/internal/content-blocks";
import type { Match } from "./find";

/** What was found in one text of a request; never the content itself. */
export interface Finding {
  readonly patternId: string;
  /** Of the text in the request as the provider gets it, such as `messages.3.content.0.text`. */
  readonly path: string;
  /** Matches in this text. */
  readonly count: number;
}

/** Names of members are the client's own; a path must not become a way to carry content. */
const STEP = /^[A-Za-z0-9_-]{1,40}$/;
const MAX_STEPS = 12;

/** Matches of one text, by pattern. */
export function toFindings(matches: readonly Match[], path: ValuePath): Finding[] {
  const counts = new Map<string, number>();
  for (const { patternId } of matches) counts.set(patternId, (counts.get(patternId) ?? 0) + 1);
  const name = describePath(path);
  return [...counts].map(([patternId, count]) => ({ patternId, path: name, count }));
}

/** The patterns of findings, each once, in the order of the alphabet. */
export function patternIdsOf(findings: readonly Finding[]): readonly string[] {
  return [...new Set(findings.map(({ patternId }) => patternId))].sort();
}

function describePath(path: ValuePath): string {
  const steps = path.slice(0, MAX_STEPS).map((step) => (STEP.test(String(step)) ? step : "*"));
  return (path.length > MAX_STEPS ? [...steps, "…"] : steps).join(".");
}
