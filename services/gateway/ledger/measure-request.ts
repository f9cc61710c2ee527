import type { JsonValue } from "../json/json-value";
import { byteLengthOf, isText } from "../json/text";
import { writeJson } from "../json/write-json";
import { toolKind } from "../messages/tool-kinds";
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

/** What of a request nothing bounds. */
export interface Unbounded {
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
  const thinks = fieldOf(request.thinking, "type") === "enabled";
  const { mediaBytes, tokens, fillsWindow, hasLongCache } = measuring;
  return {
    bytes: bytes - mediaBytes,
    turns: request.messages.length,
    maxTokens: request.max_tokens,
    leastTokens: LEAST_ANSWER_TOKENS + (thinks ? LEAST_THINKING_TOKENS : 0),
    hasLongCache,
    addedTokens: tokens + measuring.definitionsAgain(request.tools) + (fillsWindow ? windowTokens : 0),
    isGlobal: fieldOf(request, "inference_geo") === "global",
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
      this.#readBlocks(fieldOf(turn, "content"), `messages.${index}.content`, 0);
    });
  }

  /** Bytes of the definitions that blocks refer to. */
  definitionsAgain(tools: unknown): number {
    if (this.#references.size === 0 || !Array.isArray(tools)) return 0;
    let bytes = 0;
    for (const tool of tools) {
      const times = this.#references.get(String(fieldOf(tool, "name")));
      if (times !== undefined) bytes += times * writeJson(tool as JsonValue).length;
    }
    return bytes;
  }

  #readTool(tool: unknown, path: string): void {
    this.#look(tool);
    const item = BILLED_TOOLS.get(toolKind(fieldOf(tool, "type")) ?? "") ?? UNKNOWN_TOOL;
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
    if (fieldOf(citations, "enabled") === true) this.#add(boundOf(CITED, citations), path);
    if (type === "image" || type === "document") this.#readMedia(source);
    if (type === "tool_reference") this.#refer(block["tool_name"] ?? block["name"]);
    if (type === "tool_addition") this.#readAddition(tool, `${path}.tool`);
    this.#readBlocks(block["content"], `${path}.content`, depth + 1);
    this.#readBlocks(fieldOf(source, "content"), `${path}.source.content`, depth + 1);
    this.#readBlocks(block["tool_references"], `${path}.tool_references`, depth + 1);
    this.#readBlocks(block["tool_changes"], `${path}.tool_changes`, depth + 1);
  }

  /** A tool that is there from this turn on, as if it stood in `tools`. */
  #readAddition(tool: unknown, path: string): void {
    this.#add(boundOf(BILLED_FIELDS.get("tools") ?? UNKNOWN_FIELD, tool), path);
    if (fieldOf(tool, "type") === "tool_definition") this.#readTool(fieldOf(tool, "definition"), path);
    else this.#refer(fieldOf(tool, "name"));
  }

  #refer(name: unknown): void {
    const known = String(name);
    this.#references.set(known, (this.#references.get(known) ?? 0) + 1);
  }

  /** What base64 stands for is bounded by other means than its bytes. */
  #readMedia(source: unknown): void {
    const data = fieldOf(source, "data") as JsonValue | undefined;
    if (fieldOf(source, "type") === "base64" && isText(data)) this.mediaBytes += byteLengthOf(data);
  }

  #add(bound: Bound, path: string): void {
    if (bound.kind === "tokens") this.tokens += bound.tokens;
    else if (bound.kind === "window") this.fillsWindow = true;
    else if (bound.kind === "refused") this.unbounded ??= { param: path, reason: bound.reason };
  }

  #look(owner: unknown): void {
    if (fieldOf(fieldOf(owner, "cache_control"), "ttl") === "1h") this.hasLongCache = true;
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
