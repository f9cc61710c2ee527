import { createHash } from "node:crypto";
import type { EnforcementConfig } from "../../constructs/config/schema";
import { BUILT_IN_LEVELS } from "../../constructs/config/sections/enforcement";

/** A key to make, and the rules that must hold for it. */
export interface EnforcementCase {
  /** Short name for tables and the key's alias. */
  readonly name: string;
  /** `enforcement_level` of the key. `undefined`: it names none. */
  readonly level: string | undefined;
  /** `scope` of the key. @default - none */
  readonly scope?: string;
  /** What `x-enforced-prompt` must say, such as `standard@0123456789ab`. `null`: no rules, no header. */
  readonly promptId: string | null;
}

/** Digits of the hash in the name of a version, as the gateway has it. */
const VERSION_DIGITS = 12;

/**
 * A case for each level, one for a key without a level, and for each minimum of a scope a key that names the loosest
 * level there.
 * @param texts name of a prompt file → its text
 */
export function planEnforcementCases(
  enforcement: EnforcementConfig,
  texts: Readonly<Record<string, string>>,
): EnforcementCase[] {
  const levels = [...BUILT_IN_LEVELS, ...enforcement.levels];
  const promptIdOf = (level: string | undefined, scope?: string) => {
    const { name, file } = effectiveLevel(enforcement, level, scope);
    return file === undefined ? null : promptId(name, texts[file] ?? "");
  };
  return [
    ...levels.map(({ name }) => ({ name, level: name, promptId: promptIdOf(name) })),
    { name: "default", level: undefined, promptId: promptIdOf(undefined) },
    ...Object.keys(enforcement.minimum)
      .filter((scope) => scope !== "*")
      .map((scope) => ({
        name: `minimum-${scope.replaceAll(":", "-")}`,
        level: "unrestricted",
        scope,
        promptId: promptIdOf("unrestricted", scope),
      })),
  ];
}

/** The level of a key, or the strictest minimum of its scope where that is stricter. */
function effectiveLevel(
  enforcement: EnforcementConfig,
  level: string | undefined,
  scope: string | undefined,
) {
  const named = (name: string) => {
    const found = [...BUILT_IN_LEVELS, ...enforcement.levels].find((one) => one.name === name);
    if (found === undefined) throw new Error(`there is no level ${name}`);
    return found;
  };
  return Object.entries(enforcement.minimum)
    .filter(([of]) => of === "*" || scope === of || scope?.startsWith(`${of}:`) === true)
    .map(([, name]) => named(name ?? enforcement.default))
    .reduce(
      (strictest, one) => (one.strictness > strictest.strictness ? one : strictest),
      named(level ?? enforcement.default),
    );
}

function promptId(level: string, text: string): string {
  const hash = createHash("sha256").update(text.trim()).digest("hex");
  return `${level}@${hash.slice(0, VERSION_DIGITS)}`;
}
