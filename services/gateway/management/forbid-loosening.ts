import type { LevelSource } from "../enforcement/levels";
import { resolveScreening, type Screening, type ScreeningSettings } from "../guardrails/screening";
import type { Caller } from "../plugins/auth";
import type { KeyCheck } from "../ports/key-store";
import { mayNotLoosen } from "./errors";

/** Of a key. */
type Metadata = Readonly<Record<string, unknown>>;

/** What metadata of a key mean in the configuration in force. */
export interface KeyRules {
  readonly levels: Pick<LevelSource, "levelOf">;
  /** Of keys that say nothing themselves. */
  readonly screening: () => ScreeningSettings;
}

/**
 * Rules are tightened by whoever manages keys, and loosened by an administrator only. What counts is what follows: the level,
 * so that another scope or no level at all is judged like a lower one, and what is done with what is found in requests.
 * @param after metadata that the key gets; `undefined`: they stay
 * @returns for the key as it stands when it is changed; throws GatewayError 403. `undefined`: the caller may change everything
 */
export function forbidLoosening(
  rules: KeyRules,
  caller: Caller,
  after: Metadata | undefined,
): KeyCheck | undefined {
  if (after === undefined || isAdmin(caller)) return undefined;
  return ({ metadata: before }) => {
    const isLowered = strictnessOf(rules.levels, after) < strictnessOf(rules.levels, before);
    if (isLowered || isScreenedLess(rules.screening(), before, after)) throw mayNotLoosen();
  };
}

function isAdmin(caller: Caller): boolean {
  return caller.kind === "master" || (caller.kind === "token" && caller.token.role === "admin");
}

/** Nothing is sent at a level that is not known, so none is stricter. */
function strictnessOf(levels: Pick<LevelSource, "levelOf">, metadata: Metadata): number {
  try {
    return levels.levelOf(metadata).strictness;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** Whether something was refused or masked that no longer would be, or is only masked where it was refused. */
function isScreenedLess(settings: ScreeningSettings, before: Metadata, after: Metadata): boolean {
  const [former, next] = [before, after].map((metadata) => screeningOf(settings, metadata));
  if (next === "closed" || former === undefined) return false;
  if (former === "closed" || next === undefined) return true;
  return (
    (former.action === "block" && next.action === "mask") ||
    former.patterns.some((pattern) => !next.patterns.includes(pattern))
  );
}

/** `closed`: nothing is sent for a key whose settings are not known. */
function screeningOf(settings: ScreeningSettings, metadata: Metadata): Screening | "closed" | undefined {
  try {
    return resolveScreening(settings, metadata);
  } catch {
    return "closed";
  }
}
