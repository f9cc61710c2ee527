import type { MessagesRequest } from "../messages/request";
import { changeTexts } from "./change-texts";
import { findInMember } from "./find-in-member";
import { type Finding, toFindings } from "./finding";
import type { ScreenPattern } from "./pattern";

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
