import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { promptUnavailable } from "../errors/catalogue";
import type { EnforcementLevel, LevelSource } from "./levels";

/** What a key's requests are sent with. Resolved once a request, from nothing that the client sends. */
export interface EnforcementPolicy {
  /** The effective level. */
  readonly level: string;
  /** Version of the enforced prompt, such as `standard@0123456789ab`; for `x-enforced-prompt` and audit rows. `null`: none. */
  readonly promptId: string | null;
  /** The enforced prompt, in the order in which its blocks stand before everything else. Empty: nothing is added. */
  readonly blocks: readonly EnforcedPrompt[];
}

/** Keeps one policy for a version of a prompt, so that what is derived of it is derived once. */
const policies = new WeakMap<EnforcedPrompt, EnforcementPolicy>();

/**
 * @param metadata of the authenticated key
 * @throws GatewayError 503 `enforcement_unavailable` when the key's level is unknown or its prompt is missing
 */
export function resolvePolicy(
  levels: Pick<LevelSource, "levelOf">,
  prompts: PromptSource,
  metadata: Readonly<Record<string, unknown>>,
): EnforcementPolicy {
  const level = levels.levelOf(metadata);
  if (level.file === undefined) return { level: level.name, promptId: null, blocks: [] };
  const prompt = prompts.find(level);
  if (prompt === undefined) throw promptUnavailable(level.name);
  const known = policies.get(prompt);
  if (known !== undefined) return known;
  const policy = { level: level.name, promptId: prompt.id, blocks: [prompt] };
  policies.set(prompt, policy);
  return policy;
}

/**
 * Features of `anthropic-beta` that leave an enforced prompt alone, by their names without a date, and what they change. All
 * others are left out for keys with an enforced prompt, also those that nobody has thought of yet. Known ones among them:
 *
 * - `mid-conversation-tool-changes`, `mid-conversation-system-clear-at`, `mid-conversation-output-config`, `inline-tools`: change
 *   instructions or tools in the middle of a conversation;
 * - `context-management`, `compact`: replace what was said, also by a client's own instructions for how;
 * - `mcp-client`, `mcp-tunnels`, `skills`, `code-execution`, `web-fetch`: bring texts of others, which the gateway never sees;
 * - `files-api`, `message-threads`, `agent-memory`, `user-profiles`: state at the provider, which knows nothing of keys;
 * - `server-side-fallback`, `advisor-tool`, `fast-mode`: another model or price than the key's.
 */
const ALLOWED_BETAS: ReadonlyMap<string, string> = new Map([
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

const BETA_NAME = /^([a-z0-9-]+)-\d{4}-?\d{2}-?\d{2}$/;

/** Features, sorted. */
interface SortedBetas {
  readonly kept: readonly string[];
  readonly dropped: readonly string[];
}

/** Which features of a client may be asked of a provider for a key with an enforced prompt. A name without a date is none. */
export function allowBetas(names: readonly string[]): SortedBetas {
  const isAllowed = (name: string) => ALLOWED_BETAS.has(BETA_NAME.exec(name)?.[1] ?? "");
  return { kept: names.filter(isAllowed), dropped: names.filter((name) => !isAllowed(name)) };
}

/** A longer prompt would cost every request more than it is worth. */
export const MAX_PROMPT_BYTES = 64 * 1024;
/** Digits of the hash that name a version. */
const VERSION_DIGITS = 12;

/** The prompt of a level, in one version. */
export interface EnforcedPrompt {
  /** `<level>@<first 12 digits of the hash>` */
  readonly id: string;
  /** SHA-256 of the text, 64 hex digits. */
  readonly sha256: string;
  /** Without white space around it; the same bytes in every request until somebody edits the file. */
  readonly text: string;
}

/** Where the prompts of levels come from. */
export interface PromptSource {
  /** The version in force. `undefined`: there is none, so nothing may be sent at this level. */
  find(level: EnforcementLevel): EnforcedPrompt | undefined;
}

/** @returns the prompt, or why the bytes are none */
export function makePrompt(level: string, bytes: Buffer): EnforcedPrompt | { readonly refused: string } {
  if (bytes.length > MAX_PROMPT_BYTES) return { refused: `longer than ${MAX_PROMPT_BYTES} bytes` };
  if (!isUtf8(bytes)) return { refused: "not valid UTF-8" };
  if (bytes.includes(0)) return { refused: "not a text: it has a zero byte" };
  const text = bytes.toString().trim();
  if (text === "") return { refused: "empty" };
  const sha256 = createHash("sha256").update(text).digest("hex");
  return { id: `${level}@${sha256.slice(0, VERSION_DIGITS)}`, sha256, text };
}
