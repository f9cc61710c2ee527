import type { JsonValue } from "../../json/json-value";
import { membersOf } from "../../json/provider-value";
import { byteLengthOf, isText } from "../../json/text";
import { writeJson } from "../../json/write-json";
import { toolKind } from "../../wire/internal/request";
import { computeCostNanoUsd, type TokenPrices, usOnlyPrices } from "../pricing/cost";
import {
  BILLED_BLOCKS,
  BILLED_FIELDS,
  BILLED_TOOLS,
  type Bound,
  boundOf,
  CITED,
  UNKNOWN_BLOCK,
  UNKNOWN_FIELD,
  UNKNOWN_TOOL,
} from "./billed-items";

/**
 * Tokens that a provider may add to what is sent: its own framing of the message, of a system prompt and of each
 * turn. Source: Anthropic's counts of short requests, with a margin.
 */
const FRAME_TOKENS = 64;
const TOKENS_PER_TURN = 16;

/** Long enough for most turns of an agent, in tokens. */
const PREFERRED_OUTPUT_TOKENS = 4096;
/** A shorter answer than this is of no use, in tokens. */
const LEAST_OUTPUT_TOKENS = 256;

/** What a request can cost at most, for three lengths of its answer. In nano-USD. */
export interface CostBounds {
  /** With the `max_tokens` it asked for. */
  readonly fullNano: number;
  /** With an answer of the preferred length: accepted when other requests hold the rest. */
  readonly preferredNano: number;
  /** With the shortest answer of any use: accepted when the budget has no more than that. */
  readonly leastNano: number;
}

/** A request as it will be sent. */
export interface RequestSize {
  /** Bytes of the serialised body without images and documents; no tokeniser makes more than one token of a byte. */
  readonly bytes: number;
  readonly turns: number;
  readonly maxTokens: number;
  /** Shortest answer that the request can be cut to, in tokens. @default 256 */
  readonly leastTokens?: number;
  /** Whether it asks for an hour in the cache, which costs more. @default false */
  readonly hasLongCache?: boolean;
  /** Tokens at most of all that is no text, see `billed-items.ts`. @default 0 */
  readonly addedTokens?: number;
  /** Whether it may be answered anywhere, for the plain price. @default false: it may be that it has to stay in the US */
  readonly isGlobal?: boolean;
}

/**
 * Upper bounds, whatever the provider does with the prompt: every byte a token, at the dearest input price.
 * With several deployments the dearest counts, because any of them may answer.
 */
export function boundCost(size: RequestSize, prices: readonly TokenPrices[]): CostBounds {
  const bound = (outputTokens: number) =>
    Math.max(...prices.map((price) => costOf(size, Math.min(outputTokens, size.maxTokens), price)));
  const least = size.leastTokens ?? LEAST_OUTPUT_TOKENS;
  return {
    fullNano: bound(size.maxTokens),
    preferredNano: bound(Math.max(PREFERRED_OUTPUT_TOKENS, least)),
    leastNano: bound(least),
  };
}

/** The longest answer that `amountNano` pays for in any case, in tokens; at most what was asked for. */
export function affordableTokens(
  size: RequestSize,
  prices: readonly TokenPrices[],
  amountNano: number,
): number {
  const longest = prices.map((price) => {
    const { outputPicoUsd } = dearestPrices(size, price);
    if (outputPicoUsd === 0) return size.maxTokens;
    const left = BigInt(amountNano - costOf(size, 0, price)) * 1000n;
    return Number(left / BigInt(outputPicoUsd));
  });
  return Math.max(0, Math.min(size.maxTokens, ...longest));
}

function costOf(size: RequestSize, outputTokens: number, listed: TokenPrices): number {
  const prices = dearestPrices(size, listed);
  const longCache = size.hasLongCache === true ? (prices.cacheWrite1hPicoUsd ?? 0) : 0;
  const dearest = Math.max(prices.inputPicoUsd, prices.cacheReadPicoUsd, prices.cacheWritePicoUsd, longCache);
  const counts = {
    inputTokens: size.bytes + FRAME_TOKENS + size.turns * TOKENS_PER_TURN + (size.addedTokens ?? 0),
    outputTokens,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
  };
  return computeCostNanoUsd(counts, { ...prices, inputPicoUsd: dearest });
}

/** Which tier applies depends on a count that is not known yet; the long one never costs less. So with the region. */
function dearestPrices({ isGlobal }: RequestSize, listed: TokenPrices): TokenPrices {
  let tier = listed;
  while (tier.longPrompt !== undefined) tier = tier.longPrompt.prices;
  return isGlobal === true ? tier : usOnlyPrices(tier, listed.usPercent);
}

/** What of a request its size is read from; any value may stand in the rest. */
export interface MeasuredRequest {
  readonly max_tokens: number;
  readonly messages: readonly unknown[];
  readonly system?: unknown;
  readonly tools?: unknown;
  readonly thinking?: unknown;
  readonly cache_control?: unknown;
}

/** What of a request nothing bounds. */
interface Unbounded {
  /** Its path, such as `tools.1`. */
  readonly param: string;
  readonly reason: string;
}

/** The least thinking that a provider accepts, in tokens. Source: Anthropic's limits of `budget_tokens`. */
export const LEAST_THINKING_TOKENS = 1024;
/** What must be left for the answer beside thinking, in tokens. */
export const LEAST_ANSWER_TOKENS = 256;

/** Blocks within blocks are results of tools, with documents and tools in them: what is deeper counts as the longest prompt. */
const MAX_DEPTH = 8;

/**
 * What decides what a request can cost at most, or what of it nothing bounds.
 * @param bytes of its body as it is sent
 * @param windowTokens of the longest prompt that a model that may answer takes
 */
export function measureRequest(
  request: MeasuredRequest,
  bytes: number,
  windowTokens: number,
): RequestSize | Unbounded {
  const measuring = new Measuring();
  measuring.readFields(request as unknown as Fields);
  if (measuring.unbounded !== undefined) return measuring.unbounded;
  const thinks = membersOf(request.thinking)["type"] === "enabled";
  const { mediaBytes, tokens, fillsWindow, hasLongCache } = measuring;
  return {
    bytes: bytes - mediaBytes,
    turns: request.messages.length,
    maxTokens: request.max_tokens,
    leastTokens: LEAST_ANSWER_TOKENS + (thinks ? LEAST_THINKING_TOKENS : 0),
    hasLongCache,
    addedTokens: tokens + measuring.definitionsAgain(request.tools) + (fillsWindow ? windowTokens : 0),
    isGlobal: membersOf(request)["inference_geo"] === "global",
  };
}

type Fields = Readonly<Record<string, unknown>>;

class Measuring {
  hasLongCache = false;
  fillsWindow = false;
  /** Beside bytes. */
  tokens = 0;
  /** Bytes of base64, which are no text. */
  mediaBytes = 0;
  unbounded: Unbounded | undefined;
  /** Names of tools whose definitions are brought once more; how often. */
  readonly #references = new Map<string, number>();

  readFields(request: Fields): void {
    this.#look(request);
    for (const name of Object.keys(request)) {
      const value = request[name];
      if (value === undefined || value === null) continue;
      this.#add(boundOf(BILLED_FIELDS.get(name) ?? UNKNOWN_FIELD, value), name);
    }
    const { tools, messages } = request;
    if (Array.isArray(tools)) {
      tools.forEach((tool, index) => {
        this.#readTool(tool, `tools.${index}`);
      });
    }
    this.#readBlocks(request["system"], "system", 0);
    if (!Array.isArray(messages)) return;
    messages.forEach((turn, index) => {
      this.#readBlocks(membersOf(turn)["content"], `messages.${index}.content`, 0);
    });
  }

  /** Bytes of the definitions that blocks refer to. */
  definitionsAgain(tools: unknown): number {
    if (this.#references.size === 0 || !Array.isArray(tools)) return 0;
    let bytes = 0;
    for (const tool of tools) {
      const times = this.#references.get(String(membersOf(tool)["name"]));
      if (times !== undefined) bytes += times * writeJson(tool as JsonValue).length;
    }
    return bytes;
  }

  #readTool(tool: unknown, path: string): void {
    this.#look(tool);
    const item = BILLED_TOOLS.get(toolKind(membersOf(tool)["type"]) ?? "") ?? UNKNOWN_TOOL;
    this.#add(boundOf(item, tool), path);
  }

  #readBlocks(blocks: unknown, path: string, depth: number): void {
    if (typeof blocks !== "object" || blocks === null || isText(blocks as JsonValue)) return;
    if (depth > MAX_DEPTH) this.fillsWindow = true;
    else if (!Array.isArray(blocks)) this.#readBlock(blocks as Fields, path, depth);
    else {
      for (let index = 0; index < blocks.length; index += 1)
        this.#readBlock(blocks[index] as Fields, `${path}.${index}`, depth);
    }
  }

  #readBlock(block: Fields | null, path: string, depth: number): void {
    if (typeof block !== "object" || block === null) return;
    this.#look(block);
    const { type, source, tool, citations } = block;
    // What holds a result or a definition may have no type.
    const item = typeof type === "string" ? (BILLED_BLOCKS.get(type) ?? UNKNOWN_BLOCK) : UNKNOWN_BLOCK;
    this.#add(boundOf(item, source ?? tool), path);
    if (membersOf(citations)["enabled"] === true) this.#add(boundOf(CITED, citations), path);
    if (type === "image" || type === "document") this.#readMedia(source);
    if (type === "tool_reference") this.#refer(block["tool_name"] ?? block["name"]);
    if (type === "tool_addition") this.#readAddition(tool, `${path}.tool`);
    this.#readBlocks(block["content"], `${path}.content`, depth + 1);
    this.#readBlocks(membersOf(source)["content"], `${path}.source.content`, depth + 1);
    this.#readBlocks(block["tool_references"], `${path}.tool_references`, depth + 1);
    this.#readBlocks(block["tool_changes"], `${path}.tool_changes`, depth + 1);
  }

  /** A tool that is there from this turn on, as if it stood in `tools`. */
  #readAddition(tool: unknown, path: string): void {
    this.#add(boundOf(BILLED_FIELDS.get("tools") ?? UNKNOWN_FIELD, tool), path);
    if (membersOf(tool)["type"] === "tool_definition") this.#readTool(membersOf(tool)["definition"], path);
    else this.#refer(membersOf(tool)["name"]);
  }

  #refer(name: unknown): void {
    const known = String(name);
    this.#references.set(known, (this.#references.get(known) ?? 0) + 1);
  }

  /** What base64 stands for is bounded by other means than its bytes. */
  #readMedia(source: unknown): void {
    const data = membersOf(source)["data"] as JsonValue | undefined;
    if (membersOf(source)["type"] === "base64" && isText(data)) this.mediaBytes += byteLengthOf(data);
  }

  #add(bound: Bound, path: string): void {
    if (bound.kind === "tokens") this.tokens += bound.tokens;
    else if (bound.kind === "window") this.fillsWindow = true;
    else if (bound.kind === "refused") this.unbounded ??= { param: path, reason: bound.reason };
  }

  #look(owner: unknown): void {
    if (membersOf(membersOf(owner)["cache_control"])["ttl"] === "1h") this.hasLongCache = true;
  }
}
