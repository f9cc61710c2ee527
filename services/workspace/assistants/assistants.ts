import type { WorkspaceConfig } from "../container/config";
import type { Assistant } from "./assistant";
import { CLAUDE_CODE } from "./claude-code";
import { OPENCODE } from "./opencode";
import { ROO_CODE } from "./roo-code";

/** Every assistant that can be set up; a new one is a line here. */
export const ASSISTANTS: readonly Assistant[] = [ROO_CODE, OPENCODE, CLAUDE_CODE];

/** Whether `ai_assistant` asks for it. */
export function isChosen(assistant: Assistant, choice: WorkspaceConfig["assistant"]): boolean {
  return choice === "all" || assistant.choices.includes(choice);
}
