/**
 * Features of `anthropic-beta` that leave working rules alone, by their names without a date, and what they change. All
 * others are left out for keys with working rules, also those that nobody has thought of yet. Known ones among them:
 *
 * - `mid-conversation-tool-changes`, `mid-conversation-system-clear-at`, `mid-conversation-output-config`, `inline-tools`: change
 *   instructions or tools in the middle of a conversation;
 * - `context-management`, `compact`: replace what was said, also by a client's own instructions for how;
 * - `mcp-client`, `mcp-tunnels`, `skills`, `code-execution`, `web-fetch`: bring texts of others, which the gateway never sees;
 * - `files-api`, `message-threads`, `agent-memory`, `user-profiles`: state at the provider, which knows nothing of keys;
 * - `server-side-fallback`, `advisor-tool`, `fast-mode`: another model or price than the key's.
 */
const HARMLESS: ReadonlyMap<string, string> = new Map([
  ["advanced-tool-use", "the request's own tools, found when they are needed, with examples"],
  ["cache-diagnosis", "tells why nothing was cached"],
  ["claude-code", "names the client"],
  ["computer-use", "tools that the client runs itself"],
  ["context-1m", "how long a request may be"],
  ["dev-full-thinking", "how thinking is shown"],
  ["effort", "how much the model thinks"],
  ["extended-cache-ttl", "how long a prefix stays cached"],
  ["fine-grained-tool-streaming", "how a tool's input is streamed"],
  ["interleaved-thinking", "thinking between calls of tools"],
  ["model-context-window-exceeded", "how an answer says that it became too long"],
  ["output-128k", "how long an answer may be"],
  ["output-300k", "how long an answer may be"],
  ["pdfs", "documents of the request"],
  ["prompt-caching", "which prefix is cached"],
  ["prompt-caching-scope", "which prefix is cached"],
  ["structured-outputs", "the form of the answer"],
  ["task-budgets", "how many tokens the model plans with"],
  ["thinking-binding-controls", "what becomes of thinking of another conversation"],
  ["thinking-display-updates", "how thinking is shown"],
  ["thinking-token-count", "how thinking is counted"],
  ["token-counting", "counting"],
  ["token-efficient-tools", "how calls of tools are written"],
]);

const NAME = /^([a-z0-9-]+)-\d{4}-?\d{2}-?\d{2}$/;

/** Features, sorted. */
export interface SortedBetas {
  readonly kept: readonly string[];
  readonly dropped: readonly string[];
}

/** Which features of a client may be asked of a provider for a key with working rules. A name without a date is none. */
export function allowBetas(names: readonly string[]): SortedBetas {
  const isHarmless = (name: string) => HARMLESS.has(NAME.exec(name)?.[1] ?? "");
  return { kept: names.filter(isHarmless), dropped: names.filter((name) => !isHarmless(name)) };
}
