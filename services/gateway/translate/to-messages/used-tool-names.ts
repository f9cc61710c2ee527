import type { ContentBlock, MessageParam } from "../../messages/request";

const NO_NAMES: ReadonlySet<string> = new Set();

/** Names under which earlier calls of tools are sent. */
export function usedToolNames(turns: readonly MessageParam[]): ReadonlySet<string> {
  let names: Set<string> | undefined;
  for (const { role, content } of turns) {
    if (role !== "assistant") continue;
    for (const { type, name } of content as readonly ContentBlock[]) {
      if (type !== "tool_use") continue;
      names ??= new Set();
      names.add(name as string);
    }
  }
  return names ?? NO_NAMES;
}
