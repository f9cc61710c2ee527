import type { RequestSize } from "./cost-bound";

/** What of a request its size is read from; any value may stand in the rest. */
export interface MeasuredRequest {
  readonly max_tokens: number;
  readonly messages: readonly unknown[];
  readonly system?: unknown;
  readonly tools?: unknown;
  readonly thinking?: unknown;
  readonly cache_control?: unknown;
}

/** The least thinking that a provider accepts, in tokens. Source: Anthropic's limits of `budget_tokens`. */
export const LEAST_THINKING_TOKENS = 1024;
/** What must be left for the answer beside thinking, in tokens. */
export const LEAST_ANSWER_TOKENS = 256;

/** Blocks within blocks are tool results: no deeper than this. */
const MAX_DEPTH = 4;

/** What decides what a request can cost at most. @param bytes of its body as it is sent */
export function measureRequest(request: MeasuredRequest, bytes: number): RequestSize {
  const found = { hasLongCache: isLong(request.cache_control), images: 0, pdfs: 0 };
  lookInto(request.system, found, 0);
  lookInto(request.tools, found, 0);
  for (const turn of request.messages) lookInto(fieldOf(turn, "content"), found, 0);
  const thinks = fieldOf(request.thinking, "type") === "enabled";
  return {
    bytes,
    turns: request.messages.length,
    maxTokens: request.max_tokens,
    leastTokens: LEAST_ANSWER_TOKENS + (thinks ? LEAST_THINKING_TOKENS : 0),
    ...found,
  };
}

function lookInto(
  blocks: unknown,
  found: { hasLongCache: boolean; images: number; pdfs: number },
  depth: number,
) {
  if (!Array.isArray(blocks) || depth > MAX_DEPTH) return;
  for (const block of blocks) {
    if (isLong(fieldOf(block, "cache_control"))) found.hasLongCache = true;
    const type = fieldOf(block, "type");
    if (type === "image") found.images += 1;
    else if (type === "document") {
      const source = fieldOf(block, "source");
      const kind = fieldOf(source, "type");
      if (kind === "content") lookInto(fieldOf(source, "content"), found, depth + 1);
      else if (kind !== "text") found.pdfs += 1;
    } else lookInto(fieldOf(block, "content"), found, depth + 1);
  }
}

function isLong(cacheControl: unknown): boolean {
  return fieldOf(cacheControl, "ttl") === "1h";
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
