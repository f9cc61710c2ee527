import { rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { readIfPresent, toJson, writeAtomically } from "../container/atomic-file";
import type { Places } from "../container/places";
import type { Assistant, AssistantSettings } from "./assistant";
import { modelOfFamily } from "./role-models";

/** `/etc/claude-code/managed-settings.d` links to it, so that no project can send the key elsewhere. */
const settingsFile = ({ state }: Pick<Places, "state">) => join(state, "claude-code.json");
const stateFile = ({ home }: Pick<Places, "home">) => join(home, ".claude.json");

/** Variables by which Claude Code knows the models of a family. */
const FAMILIES = { haiku: "HAIKU", sonnet: "SONNET", opus: "OPUS" } as const;

/** Claude Code. The key comes by the helper in `/etc/claude-code/managed-settings.json`. */
export const CLAUDE_CODE: Assistant = {
  name: "Claude Code",
  choices: ["claude-code"],
  async configure(settings) {
    await writeAtomically(settingsFile(settings.places), toJson(claudeCodeSettings(settings)));
    await skipOnboarding(stateFile(settings.places));
  },
  async remove(places) {
    await rm(settingsFile(places), { force: true });
  },
};

/** The part of its managed settings that belongs to a workspace. */
export function claudeCodeSettings({ gatewayUrl, model, models }: AssistantSettings) {
  const families = Object.entries(FAMILIES).flatMap(([family, variable]) => {
    const found = modelOfFamily(family, { model, models });
    return found === undefined ? [] : [[`ANTHROPIC_DEFAULT_${variable}_MODEL`, found]];
  });
  return { env: { ANTHROPIC_BASE_URL: gatewayUrl, ANTHROPIC_MODEL: model, ...Object.fromEntries(families) } };
}

/** Its first questions end with a choice of account, of which a workspace has none. The file is its own: one key is added, once. */
async function skipOnboarding(file: string): Promise<void> {
  const text = await readIfPresent(file);
  let state: Record<string, unknown> = {};
  try {
    if (text !== undefined) state = z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch {
    return;
  }
  if ("hasCompletedOnboarding" in state) return;
  await writeAtomically(file, toJson({ ...state, hasCompletedOnboarding: true }), { mode: 0o600 });
}
