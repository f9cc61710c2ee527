import fs from "node:fs";
import path from "node:path";
import type { EnforcementLevel } from "../../../services/gateway/enforcement/levels";
import {
  type EnforcedPrompt,
  makePrompt,
  type PromptSource,
} from "../../../services/gateway/enforcement/policy";

const DIRECTORY = path.join(__dirname, "../../../prompts");

/** Working rules that never change. @param texts level → text; levels that are not named have those of `prompts/` */
export function staticPrompts(texts: Readonly<Record<string, string>> = {}): PromptSource {
  const prompts = new Map<string, EnforcedPrompt | undefined>();
  return {
    find(level) {
      if (!prompts.has(level.name)) prompts.set(level.name, read(level, texts[level.name]));
      return prompts.get(level.name);
    },
  };
}

function read({ name, file }: EnforcementLevel, text: string | undefined): EnforcedPrompt | undefined {
  const found = file === undefined ? undefined : path.join(DIRECTORY, file);
  if (text === undefined && (found === undefined || !fs.existsSync(found))) return undefined;
  const prompt = makePrompt(name, text === undefined ? fs.readFileSync(found as string) : Buffer.from(text));
  return "refused" in prompt ? undefined : prompt;
}
