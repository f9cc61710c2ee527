import { isObject, stringIn } from "../../json/client-value";
import type { JsonObject, JsonValue } from "../../json/json-value";
import { blocksOf } from "../internal/content-blocks";
import type { ContentBlock, MessageParam, TextBlock } from "../internal/request";

/** Most cache breakpoints that a provider accepts in a request. */
export const MAX_BREAKPOINTS = 4;

/** A cache breakpoint, up to which the provider caches the request; `undefined` for anything that it does not know. */
export function readCacheControl(value: JsonValue | undefined): JsonObject | undefined {
  if (!isObject(value) || stringIn(value["type"]) !== "ephemeral") return undefined;
  const ttl = stringIn(value["ttl"]);
  return ttl === "5m" || ttl === "1h" ? { type: "ephemeral", ttl } : { type: "ephemeral" };
}

/** The breakpoint of an object as its member, or nothing: to be spread. OpenAI's `prompt_cache_breakpoint` asks for the same. */
export function cacheControlOf(owner: JsonObject): { readonly cache_control?: JsonObject } {
  const mark = readCacheControl(owner["cache_control"]) ?? readBreakpoint(owner["prompt_cache_breakpoint"]);
  return mark === undefined ? NO_BREAKPOINT : { cache_control: mark };
}

const NO_BREAKPOINT = {};

function readBreakpoint(value: JsonValue | undefined): JsonObject | undefined {
  return isObject(value) && stringIn(value["mode"]) === "explicit" ? { type: "ephemeral" } : undefined;
}

/** A breakpoint of a whole message stands on its last block that can have one. Thinking cannot. */
export function addBreakpointToLast<B extends ContentBlock>(
  blocks: readonly B[],
  mark: { readonly cache_control?: JsonObject },
): readonly B[] {
  if (mark.cache_control === undefined) return blocks;
  const index = blocks.findLastIndex(
    (block) => block.type !== "thinking" && block.type !== "redacted_thinking",
  );
  return index < 0 ? blocks : blocks.with(index, { ...(blocks[index] as B), ...mark });
}

/** The parts of a request that can have breakpoints, in the order in which the provider reads them. */
export interface Cacheable {
  readonly tools: readonly JsonObject[];
  readonly system: readonly TextBlock[];
  readonly messages: readonly MessageParam[];
  /** Breakpoint of the whole request: automatic caching. It counts as one, and as the last one. */
  readonly automatic: JsonObject | undefined;
}

/**
 * At most 4 breakpoints: those of the oldest messages go first, then of the oldest system blocks, then of the first tools. A
 * breakpoint for an hour behind one for five minutes would be refused, and becomes one for five minutes.
 */
export function limitBreakpoints(parts: Cacheable): Cacheable {
  if (!hasBreakpoints(parts)) return parts;
  let budget = MAX_BREAKPOINTS - (parts.automatic === undefined ? 0 : 1);
  const keepLast = (owners: readonly JsonObject[]): ReadonlySet<JsonObject> => {
    const kept = owners.slice(Math.max(0, owners.length - budget));
    budget -= kept.length;
    return new Set(kept);
  };
  // Tools and system texts change least, so their breakpoints are worth most.
  const tools = keepLast(parts.tools.filter(hasBreakpoint));
  const system = keepLast(parts.system.filter(hasBreakpoint));
  const messages = keepLast(parts.messages.flatMap((turn) => blocksOf(turn).filter(hasBreakpoint)));
  let wasShort = false;
  const settle = <O extends JsonObject>(owner: O, kept: ReadonlySet<JsonObject>): O => {
    if (!hasBreakpoint(owner)) return owner;
    if (!kept.has(owner)) return { ...owner, cache_control: undefined };
    const mark = inOrder(owner["cache_control"] as JsonObject, wasShort);
    wasShort ||= mark["ttl"] !== "1h";
    return mark === owner["cache_control"] ? owner : { ...owner, cache_control: mark };
  };
  return {
    tools: parts.tools.map((tool) => settle(tool, tools)),
    system: parts.system.map((block) => settle(block, system)),
    messages: parts.messages.map((turn) => {
      const blocks = blocksOf(turn);
      if (!blocks.some(hasBreakpoint)) return turn;
      return { ...turn, content: blocks.map((block) => settle(block, messages)) };
    }),
    automatic: parts.automatic && inOrder(parts.automatic, wasShort),
  };
}

function hasBreakpoints({ tools, system, messages, automatic }: Cacheable): boolean {
  return (
    automatic !== undefined ||
    system.some(hasBreakpoint) ||
    tools.some(hasBreakpoint) ||
    messages.some((turn) => blocksOf(turn).some(hasBreakpoint))
  );
}

function hasBreakpoint(owner: JsonObject): boolean {
  return owner["cache_control"] !== undefined;
}

function inOrder(mark: JsonObject, wasShort: boolean): JsonObject {
  return wasShort && mark["ttl"] === "1h" ? { type: "ephemeral" } : mark;
}
