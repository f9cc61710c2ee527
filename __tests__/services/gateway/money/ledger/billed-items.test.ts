import {
  BILLED_BLOCKS,
  BILLED_FIELDS,
  BILLED_TOOLS,
  type BilledItem,
  boundOf,
} from "../../../../../services/gateway/money/ledger/billed-items";
import {
  boundCost,
  type MeasuredRequest,
  measureRequest,
  type RequestSize,
} from "../../../../../services/gateway/money/ledger/cost-bound";
import { computeCostNanoUsd } from "../../../../../services/gateway/money/pricing/cost";
import { isClientTool } from "../../../../../services/gateway/wire/internal/request";
import { mergeUsage, NO_USAGE } from "../../../../../services/gateway/wire/internal/usage";
import { REQUEST_FIELDS } from "../../../../../services/gateway/wire/messages/request-fields";
import { TOOL_KINDS } from "../../../../../services/gateway/wire/messages/to-messages";

const WINDOW = 1_000_000;
const user = (...content: unknown[]) => ({ role: "user", content });
const pdf = (source: object, more: object = {}) => ({ type: "document", source, ...more });
const tool = (type: string) => ({ type, name: "t" });
const addition = (definition: object) => ({
  role: "system",
  content: [{ type: "tool_addition", tool: { type: "tool_definition", definition } }],
});

const measured = (request: object) =>
  measureRequest({ max_tokens: 1, messages: [user()], ...request } as MeasuredRequest, 0, WINDOW);

describe("the table", () => {
  test("has every field that may be sent, and every kind of tool", () => {
    expect(REQUEST_FIELDS.filter((name) => !BILLED_FIELDS.has(name))).toEqual([]);
    expect(TOOL_KINDS.filter((kind) => !BILLED_TOOLS.has(kind))).toEqual([]);
  });

  test("bounds just those tools that clients run", () => {
    for (const [kind, item] of BILLED_TOOLS)
      expect([kind, boundOf(item, {}).kind !== "refused"]).toEqual([kind, isClientTool(kind)]);
  });

  const items = [...BILLED_FIELDS, ...BILLED_TOOLS, ...BILLED_BLOCKS];
  const settledBy = (member: string) => items.filter(([, item]) => item.settledBy.includes(member));

  test.each([...new Set(items.flatMap(([, { settledBy: members }]: [string, BilledItem]) => members))])(
    "what %s reports is billed",
    (member) => {
      expect(settledBy(member).length).toBeGreaterThan(0);
      const prices = {
        inputPicoUsd: 3_000_000,
        outputPicoUsd: 15_000_000,
        cacheReadPicoUsd: 300_000,
        cacheWritePicoUsd: 3_750_000,
        cacheWrite1hPicoUsd: 6_000_000,
        usPercent: 110,
      };
      const some = { input_tokens: 100, cache_creation_input_tokens: 50 };
      const value: Record<string, unknown> = {
        iterations: [
          { type: "compaction", input_tokens: 9, output_tokens: 9 },
          { type: "message", ...some },
        ],
        inference_geo: "us",
      };
      const [outer = "", inner] = member.split(".");
      const reported = inner === undefined ? (value[outer] ?? 777) : { [inner]: 5 };
      const cost = (usage: object) => computeCostNanoUsd(mergeUsage(NO_USAGE, usage), prices);
      expect(cost({ ...some, [outer]: reported })).toBeGreaterThan(cost(some));
    },
  );
});

/** Tokens that Anthropic's pricing page names, of the model where there are most. */
const HIDDEN_PROMPT: readonly [model: string, auto: number, any: number][] = [
  ["claude-opus-5", 286, 406],
  ["claude-opus-4-8", 290, 410],
  ["claude-opus-4-7", 675, 804],
  ["claude-opus-4-6", 497, 589],
  ["claude-opus-4-5", 496, 588],
  ["claude-opus-4-1", 313, 315],
  ["claude-sonnet-5", 354, 474],
  ["claude-sonnet-4-6", 497, 589],
  ["claude-sonnet-4-5", 496, 588],
  ["claude-haiku-4-5", 496, 588],
  ["claude-haiku-3-5", 264, 355],
];
const MOST_HIDDEN = Math.max(...HIDDEN_PROMPT.map(([, auto, any]) => Math.max(auto, any)));

describe("with a budget it is bounded", () => {
  test.each<[string, object, number]>([
    ["the prompt that tells of tools", { tools: [{ name: "t" }] }, MOST_HIDDEN],
    ["bash", { tools: [tool("bash_20250124")] }, MOST_HIDDEN + 325],
    ["the text editor", { tools: [tool("text_editor_20250728")] }, MOST_HIDDEN + 700],
    ["computer use", { tools: [tool("computer_20251124")] }, MOST_HIDDEN + 735 + 499],
    ["the computer toolset", { tools: [tool("computer_toolset_20260801")] }, 4590],
    ["the browser toolset with all members", { tools: [tool("browser_toolset_20260801")] }, 6670 + 880],
    ["memory", { tools: [tool("memory_20250818")] }, MOST_HIDDEN + 1000],
    [
      "three typed tools",
      { tools: [tool("bash_20250124"), tool("text_editor_20250728"), tool("computer_20250124")] },
      MOST_HIDDEN + 325 + 700 + 735 + 499,
    ],
    ["a tool that a row adds", { messages: [addition(tool("bash_20250124"))] }, MOST_HIDDEN + 325],
    ["an image, whatever its bytes", { messages: [user({ type: "image", source: { type: "url" } })] }, 4784],
    ["a PDF at an address", { messages: [user(pdf({ type: "url", url: "https://x" }))] }, WINDOW],
    ["a PDF that is kept", { messages: [user(pdf({ type: "file", file_id: "f" }))] }, WINDOW],
    [
      "a PDF of a few bytes, with 600 pages",
      { messages: [user(pdf({ type: "base64", data: "JVBE" }))] },
      WINDOW,
    ],
    [
      "citations: a mark for every sentence",
      { messages: [user(pdf({ type: "text", data: "a. b." }, { citations: { enabled: true } }))] },
      WINDOW,
    ],
    ["a block that nobody knows yet", { messages: [user({ type: "hologram" })] }, WINDOW],
    ["the form of the answer", { output_config: { format: { type: "json_schema", schema: {} } } }, 500],
    ["the same in its older form", { output_format: { type: "json_schema", schema: {} } }, 500],
    [
      "edits that leave something out",
      { context_management: { edits: [{ type: "clear_thinking_20251015" }] } },
      0,
    ],
    ["the usual service tiers", { service_tier: "standard_only" }, 0],
    ["no servers", { mcp_servers: [] }, 0],
  ])("%s", (_what, request, providerAdds) => {
    const size = measured(request) as RequestSize;
    expect(size).not.toHaveProperty("param");
    expect(size.addedTokens).toBeGreaterThanOrEqual(providerAdds);
  });

  test("an answer that has to stay in the US, or may have to: a tenth more of everything", () => {
    const listed = {
      inputPicoUsd: 3_000_001,
      outputPicoUsd: 15_000_000,
      cacheReadPicoUsd: 300_000,
      cacheWritePicoUsd: 3_750_000,
      cacheWrite1hPicoUsd: 6_000_000,
      usPercent: 110,
    };
    const usage = { inputTokens: 1000, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 1000 };
    const billed = computeCostNanoUsd({ ...usage, isUsOnly: true }, listed);
    const plain = computeCostNanoUsd(usage, listed);
    expect(billed).toBe(Math.ceil((plain * 11) / 10));
    const boundFor = (request: object) =>
      boundCost({ ...(measured(request) as RequestSize), bytes: 2000 }, [listed]).fullNano;
    for (const request of [{ inference_geo: "us" }, {}])
      expect(boundFor(request)).toBeGreaterThanOrEqual(billed);
    expect(boundFor({ inference_geo: "global" })).toBeLessThan(boundFor({}));
  });
});

describe("with a budget it is refused, and says why", () => {
  test.each<[string, object, string, RegExp]>([
    [
      "a search of the web",
      { tools: [{ name: "a" }, tool("web_search_20250305")] },
      "tools.1",
      /provider runs/,
    ],
    ["a page of the web", { tools: [tool("web_fetch_20260318")] }, "tools.0", /provider runs/],
    ["code", { tools: [tool("code_execution_20250825")] }, "tools.0", /provider runs/],
    ["tools that are searched for", { tools: [tool("tool_search_tool_regex_20251119")] }, "tools.0", /runs/],
    ["tools of a server", { tools: [{ type: "mcp_toolset", mcp_server_name: "x" }] }, "tools.0", /runs/],
    ["another model's advice", { tools: [tool("advisor_20260301")] }, "tools.0", /provider runs/],
    [
      "a tool that nobody knows yet",
      { tools: [tool("hologram_20270101")] },
      "tools.0",
      /cost of this tool is unknown/,
    ],
    ["a tool without sense", { tools: [{ type: {} }] }, "tools.0", /cost of this tool is unknown/],
    [
      "a search that a row adds",
      { messages: [user(), addition(tool("web_search_20250305"))] },
      "messages.1.content.0.tool",
      /provider runs/,
    ],
    [
      "tools of a server that a row adds",
      { messages: [user({ type: "tool_addition", tool: { type: "mcp_toolset_reference" } })] },
      "messages.0.content.0",
      /the number of tools/,
    ],
    [
      "a search that a summary brings along",
      {
        messages: [
          user({
            type: "compaction",
            content: "x",
            tool_changes: addition(tool("web_search_20250305")).content,
          }),
        ],
      },
      "messages.0.content.0.tool_changes.0.tool",
      /provider runs/,
    ],
    [
      "a summary",
      { context_management: { edits: [{ type: "compact_20260112" }] } },
      "context_management",
      /compaction/,
    ],
    [
      "a summary by another name",
      { context_management: { compaction: {} } },
      "context_management",
      /compaction/,
    ],
    ["servers", { mcp_servers: [{ url: "https://x" }] }, "mcp_servers", /calls these servers/],
    ["a container", { container: "c" }, "container", /container time/],
    [
      "a file for a container",
      { messages: [user({ type: "container_upload", file_id: "f" })] },
      "messages.0.content.0",
      /container time/,
    ],
    ["a region without a price", { inference_geo: "mars" }, "inference_geo", /price of this region/],
    [
      "a service tier without a price",
      { service_tier: "flex" },
      "service_tier",
      /price of this service tier/,
    ],
    ["a field that nobody knows yet", { hologram: true }, "hologram", /cost is unknown/],
    ["other models", { fallbacks: [{ model: "m" }] }, "fallbacks", /another model/],
    ["speed", { speed: "fast" }, "speed", /fast mode/],
  ])("%s", (_what, request, param, reason) => {
    expect(measured(request)).toEqual({ param, reason: expect.stringMatching(reason) });
  });
});
