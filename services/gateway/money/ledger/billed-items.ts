/**
 * What a provider bills beyond the text of a request, in one table: how it is bounded before a request with a budget is sent,
 * or why it is refused then, and which member of the answer's `usage` it is settled from. Keys without a budget may use all
 * of it. What is not in the table is refused (fields, tools) or counts as the longest prompt (blocks).
 */

/** How an item is kept within the reservation. */
export type Bound =
  /** It has no more tokens than bytes, and changes no price. */
  | { readonly kind: "bytes" }
  /** So many tokens at most, beside its bytes or in place of those of its base64. */
  | { readonly kind: "tokens"; readonly tokens: number }
  /** Any number of tokens, up to the longest prompt that the model takes. */
  | { readonly kind: "window" }
  /** Nothing bounds it. */
  | { readonly kind: "refused"; readonly reason: string };

/** One thing that is billed. */
export interface BilledItem {
  readonly bound: Bound | ((value: unknown) => Bound);
  /** Members of Anthropic's `usage` that say what it came to. */
  readonly settledBy: readonly string[];
}

/** Tokens of the prompt, read from or written to the cache or not. */
const INPUT = ["input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"];
const OUTPUT = ["output_tokens"];
/** Several answers for one request, such as a summary and what followed. */
const ITERATIONS = ["iterations"];
const SEARCHES = ["server_tool_use.web_search_requests"];

const BYTES: Bound = { kind: "bytes" };
const WINDOW: Bound = { kind: "window" };
const tokens = (count: number): Bound => ({ kind: "tokens", tokens: count });
const refused = (reason: string): Bound => ({ kind: "refused", reason });

const plain: BilledItem = { bound: BYTES, settledBy: INPUT };
const unless = (isHarmless: (value: unknown) => boolean, reason: string, settledBy: readonly string[]) => ({
  bound: (value: unknown) => (isHarmless(value) ? BYTES : refused(reason)),
  settledBy,
});
const isEmptyList = (value: unknown) => Array.isArray(value) && value.length === 0;
const never = () => false;

/** Instructions about the form of the answer that a provider adds. Source: documented as "slightly" more; with a margin. */
const FORMAT_TOKENS = 1024;

/** Fields at the top of a request. */
export const BILLED_FIELDS: ReadonlyMap<string, BilledItem> = new Map<string, BilledItem>([
  ["model", plain],
  ["system", plain],
  // Its blocks are in `BILLED_BLOCKS`.
  ["messages", plain],
  // Told to the model by a prompt that nobody sees: 264 to 804 tokens, by model and `tool_choice`. Source: Anthropic's pricing page.
  ["tools", { bound: (value) => (isEmptyList(value) ? BYTES : tokens(1024)), settledBy: INPUT }],
  ["tool_choice", plain],
  // No answer is longer; thinking is part of it.
  ["max_tokens", { bound: BYTES, settledBy: OUTPUT }],
  ["thinking", { bound: BYTES, settledBy: OUTPUT }],
  [
    "output_config",
    { bound: (value) => (has(value, "format") ? tokens(FORMAT_TOKENS) : BYTES), settledBy: INPUT },
  ],
  ["output_format", { bound: tokens(FORMAT_TOKENS), settledBy: INPUT }],
  ["stop_sequences", plain],
  ["temperature", plain],
  ["top_p", plain],
  ["top_k", plain],
  ["metadata", plain],
  // An hour in the cache has a price of its own, which is reserved where a mark asks for it.
  ["cache_control", { bound: BYTES, settledBy: [...INPUT, "cache_creation.ephemeral_1h_input_tokens"] }],
  // Capacity that was bought beforehand serves at the list price; what another tier costs is not known.
  [
    "service_tier",
    unless(
      (value) => value === "auto" || value === "standard_only",
      "the price of this service tier is unknown",
      INPUT,
    ),
  ],
  // `us` costs a tenth more, which is reserved unless the request says `global`: a workspace may have it as its default.
  [
    "inference_geo",
    unless((value) => value === "global" || value === "us", "the price of this region is unknown", [
      "inference_geo",
    ]),
  ],
  // Edits that leave something out make a request cheaper; all others have the model write a summary first.
  ["context_management", unless(onlyClears, "compaction is billed as a separate response", ITERATIONS)],
  [
    "mcp_servers",
    unless(isEmptyList, "the provider calls these servers and re-reads the prompt for each call", ITERATIONS),
  ],
  ["container", unless(never, "container time is billed, and the size of its files is unknown", INPUT)],
  // These are sent for nobody; should they be, no bound is known.
  ["fallbacks", unless(isEmptyList, "another model may respond, at another price", ITERATIONS)],
  ["speed", unless((value) => value === "standard", "fast mode costs several times the price", INPUT)],
  ["thread", unless(never, "the length of the stored conversation is unknown", INPUT)],
  ["previous_response_id", unless(never, "the length of the stored conversation is unknown", INPUT)],
  ["conversation", unless(never, "the length of the stored conversation is unknown", INPUT)],
  ["stream", plain],
]);

const runByProvider = (settledBy: readonly string[]): BilledItem => ({
  bound: refused("the provider runs this tool and re-reads the prompt with each result"),
  settledBy,
});
const tool = (count: number): BilledItem => ({ bound: tokens(count), settledBy: INPUT });

/**
 * Tools, by their kind: tokens of the definition that the provider puts in the place of the type, with a margin.
 * Source: Anthropic's pricing page (`bash` 325, `text_editor` 700, `computer` 735 + 499, the toolsets about 4,590 and 7,550).
 */
export const BILLED_TOOLS: ReadonlyMap<string, BilledItem> = new Map<string, BilledItem>([
  // Its own JSON counts by the byte; this is for how it is laid out.
  ["custom", tool(64)],
  ["bash", tool(512)],
  ["text_editor", tool(1024)],
  ["memory", tool(2048)],
  ["computer", tool(2048)],
  ["computer_toolset", tool(6144)],
  ["browser_toolset", tool(9216)],
  ["web_search", runByProvider([...INPUT, ...SEARCHES])],
  ["web_fetch", runByProvider(INPUT)],
  ["code_execution", runByProvider(INPUT)],
  ["tool_search_tool_regex", runByProvider(INPUT)],
  ["tool_search_tool_bm25", runByProvider(INPUT)],
  ["mcp_toolset", runByProvider(INPUT)],
  ["advisor", runByProvider(ITERATIONS)],
]);

const block = (bound: Bound): BilledItem => ({ bound, settledBy: INPUT });
const document: BilledItem = {
  // Pages are read as text and as images. An empty page takes a hundred bytes, and text is compressed.
  bound: (source) => (has(source, "type", "text") || has(source, "type", "content") ? BYTES : WINDOW),
  settledBy: INPUT,
};
const PLAIN_BLOCKS = [
  ...["text", "thinking", "redacted_thinking", "tool_use", "tool_result", "search_result", "tool_removal"],
  ...["server_tool_use", "web_search_tool_result", "web_search_result", "web_search_tool_result_error"],
  ...["web_fetch_tool_result", "web_fetch_result", "web_fetch_tool_result_error", "advisor_tool_result"],
  ...["code_execution_tool_result", "code_execution_result", "code_execution_tool_result_error"],
  ...[
    "bash_code_execution_tool_result",
    "bash_code_execution_result",
    "bash_code_execution_tool_result_error",
  ],
  ...["text_editor_code_execution_tool_result", "mcp_tool_use", "mcp_tool_result", "tool_search_tool_result"],
  ...["tool_search_tool_search_result", "tool_search_tool_result_error", "compaction", "fallback"],
];

/** Blocks of turns, also within others, by their type. An item is given the block's `source`, or else its `tool`. */
export const BILLED_BLOCKS: ReadonlyMap<string, BilledItem> = new Map<string, BilledItem>([
  ...PLAIN_BLOCKS.map((type): [string, BilledItem] => [type, block(BYTES)]),
  // Whatever its bytes: providers scale images down. Source: Anthropic's largest image, with a margin.
  ["image", block(tokens(5000))],
  ["document", document],
  // Each brings the definition of a tool once more; that is measured where it stands.
  ["tool_reference", block(BYTES)],
  [
    "tool_addition",
    {
      bound: (added) =>
        has(added, "type", "tool_reference") || has(added, "type", "tool_definition")
          ? BYTES
          : refused("the number of tools that it adds is unknown"),
      settledBy: INPUT,
    },
  ],
  ["container_upload", block(refused("container time is billed, and the size of its files is unknown"))],
]);

/** How many tokens it takes to cite is not known: a mark for every sentence. */
export const CITED: BilledItem = block(WINDOW);
/** For a block that is not in the table. */
export const UNKNOWN_BLOCK: BilledItem = block(WINDOW);
/** For a tool that is not in the table. */
export const UNKNOWN_TOOL: BilledItem = {
  bound: refused("the cost of this tool is unknown"),
  settledBy: INPUT,
};
/** For a field that is not in the table. */
export const UNKNOWN_FIELD: BilledItem = { bound: refused("its cost is unknown"), settledBy: INPUT };

/** @param value what the item stands for in the request */
export function boundOf({ bound }: BilledItem, value: unknown): Bound {
  return typeof bound === "function" ? bound(value) : bound;
}

function onlyClears(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).every(
    ([name, edits]) =>
      edits === undefined ||
      edits === null ||
      (name === "edits" && Array.isArray(edits) && edits.every((edit) => /^clear_/.test(typeOf(edit)))),
  );
}

function typeOf(value: unknown): string {
  const type = (value as { type?: unknown } | null | undefined)?.type;
  return typeof type === "string" ? type : "";
}

/** Whether an object has a member that is not `null`; with `expected`, that very value. */
function has(value: unknown, name: string, expected?: string): boolean {
  const member = (value as Record<string, unknown> | null | undefined)?.[name];
  return expected === undefined ? member !== undefined && member !== null : member === expected;
}
