import { answerWith, FakeAnthropic, type FakeEvent } from "../support/services/fake-anthropic";
import { Random } from "../support/services/random";
import {
  anthropicDeployment,
  buildTestGateway,
  MODEL,
  type TestGateway,
} from "../support/services/test-gateway";

/**
 * A provider that bills all that providers bill, by its own reading of what it is sent. A budget is never overrun by it, and what is
 * recorded is what it bills, with a budget and without.
 */
const KEY = "sk-billed-key-00000000";
const WINDOW = 1_000_000;
/** Nano-USD a token, and in percent. */
const PRICE = { input: 3000, output: 15_000, write: 3750, write1h: 6000, search: 10_000_000 };
const US_PERCENT = 110;

/** Tokens of the definitions that the provider puts in the place of types. */
const HIDDEN: Readonly<Record<string, number>> = {
  bash_20250124: 325,
  text_editor_20250728: 700,
  computer_20251124: 735 + 499,
  memory_20250818: 1500,
  computer_toolset_20260801: 4590,
  browser_toolset_20260801: 7550,
  web_search_20250305: 800,
};
const PROMPT_FOR_TOOLS = 804;

type Value = Record<string, unknown>;
interface Bill {
  readonly costNano: number;
  readonly events: readonly FakeEvent[];
}

/** What the provider reads of a request, and what it makes of it. */
class Provider {
  billedNano = 0;
  requests = 0;

  constructor(
    readonly random: Random,
    /** Whether the workspace keeps its answers in the US unless a request says otherwise. */
    readonly isUsByDefault: boolean,
  ) {}

  answer(body: Value): readonly FakeEvent[] {
    const { costNano, events } = this.#bill(body);
    this.billedNano += costNano;
    this.requests += 1;
    return events;
  }

  #bill(body: Value): Bill {
    const { random } = this;
    const json = JSON.stringify(body);
    const blocks = (body["messages"] as { content: unknown }[]).flatMap(({ content }) =>
      Array.isArray(content) ? (content as Value[]) : [],
    );
    const added = blocks.flatMap(({ tool }) => {
      const { definition } = (tool ?? {}) as { definition?: Value };
      return definition === undefined ? [] : [definition];
    });
    const tools = [...((body["tools"] ?? []) as Value[]), ...added];
    const media = blocks.filter(({ type }) => type === "image" || type === "document");
    const mediaBytes = media.reduce(
      (sum, { source }) => sum + String((source as Value)["data"] ?? "").length,
      0,
    );
    let prompt = Math.floor((json.length - mediaBytes) * (0.25 + 0.75 * random.next()));
    if (tools.length > 0) prompt += PROMPT_FOR_TOOLS;
    for (const { type } of tools) prompt += HIDDEN[String(type)] ?? 0;
    for (const { type, citations } of media) {
      prompt += type === "image" ? 4784 : random.int(1000, WINDOW);
      if (citations !== undefined) prompt += random.int(0, WINDOW);
    }
    prompt = Math.min(prompt, WINDOW);
    const output = random.int(1, Number(body["max_tokens"]));
    const isLong = json.includes('"ttl":"1h"');
    const isUs = (body["inference_geo"] ?? (this.isUsByDefault ? "us" : "global")) === "us";
    const searches = tools.some(({ type }) => type === "web_search_20250305") ? random.int(0, 4) : 0;
    const summary = json.includes("compact_20260112") ? [{ prompt, output: 3500 }] : [];
    const answers = [
      ...summary,
      ...Array.from({ length: searches }, () => ({ prompt, output: 50 })),
      { prompt, output },
    ];
    const all = answers.map((one) => this.#usage(one, isLong));
    const own = all.slice(summary.length);
    const sum = (name: keyof Usage, of: readonly Usage[]) => of.reduce((total, one) => total + one[name], 0);
    const tokensNano =
      sum("input_tokens", all) * PRICE.input +
      sum("cache_creation_input_tokens", all) * (isLong ? PRICE.write1h : PRICE.write) +
      sum("output_tokens", all) * PRICE.output;
    const costNano = Math.ceil((tokensNano * (isUs ? US_PERCENT : 100)) / 100) + searches * PRICE.search;
    const usage = {
      input_tokens: sum("input_tokens", own),
      cache_creation_input_tokens: sum("cache_creation_input_tokens", own),
      cache_creation: { ephemeral_1h_input_tokens: isLong ? sum("cache_creation_input_tokens", own) : 0 },
      inference_geo: isUs ? "us" : "global",
    };
    const iterations = all.map((one) => ({
      ...one,
      type: "message",
      cache_creation: { ephemeral_1h_input_tokens: isLong ? one.cache_creation_input_tokens : 0 },
    }));
    return {
      costNano,
      events: [
        {
          type: "message_start",
          message: {
            id: "m",
            type: "message",
            role: "assistant",
            model: "m",
            content: [],
            usage: { ...usage, output_tokens: 1 },
          },
        },
        { type: "content_block_start", index: 0, content_block: { type: "text", text: "x" } },
        {
          type: "message_delta",
          delta: { stop_reason: "end_turn" },
          usage: {
            ...usage,
            output_tokens: sum("output_tokens", own),
            server_tool_use: { web_search_requests: searches },
            ...(summary.length > 0 ? { iterations } : {}),
          },
        },
        { type: "message_stop" },
      ],
    };
  }

  #usage({ prompt, output }: { prompt: number; output: number }, isLong: boolean): Usage {
    const written = isLong || this.random.next() < 0.5 ? prompt : 0;
    return { input_tokens: prompt - written, cache_creation_input_tokens: written, output_tokens: output };
  }
}

interface Usage {
  readonly input_tokens: number;
  readonly cache_creation_input_tokens: number;
  readonly output_tokens: number;
}

/** Pieces of requests, each billed in its own way. */
const PIECES: Readonly<Record<string, (body: Value) => void>> = {
  "a long text": (body) => say(body, { type: "text", text: "word ".repeat(500) }),
  "typed tools": (body) => offer(body, "bash_20250124", "text_editor_20250728", "computer_20251124"),
  memory: (body) => offer(body, "memory_20250818"),
  toolsets: (body) => offer(body, "computer_toolset_20260801", "browser_toolset_20260801"),
  "a tool that a row adds": (body) =>
    (body["messages"] as unknown[]).push({
      role: "system",
      content: [
        {
          type: "tool_addition",
          tool: { type: "tool_definition", definition: { type: "computer_toolset_20260801" } },
        },
      ],
    }),
  "an image": (body) =>
    say(body, { type: "image", source: { type: "base64", data: "AAAA", media_type: "image/png" } }),
  "a PDF at an address": (body) => say(body, { type: "document", source: { type: "url", url: "https://x" } }),
  "a small PDF with many pages": (body) =>
    say(body, {
      type: "document",
      source: { type: "base64", media_type: "application/pdf", data: "JVBERi0x" },
    }),
  citations: (body) =>
    say(body, { type: "document", source: { type: "text", data: "a. b. c." }, citations: { enabled: true } }),
  "an hour in the cache": (body) => {
    body["cache_control"] = { type: "ephemeral", ttl: "1h" };
  },
  "the US": (body) => {
    body["inference_geo"] = "us";
  },
  anywhere: (body) => {
    body["inference_geo"] = "global";
  },
  "a summary": (body) => {
    body["context_management"] = { edits: [{ type: "compact_20260112" }] };
  },
  "searches of the web": (body) => offer(body, "web_search_20250305"),
  "a search that a row adds": (body) =>
    (body["messages"] as unknown[]).push({
      role: "system",
      content: [
        {
          type: "tool_addition",
          tool: { type: "tool_definition", definition: { type: "web_search_20250305" } },
        },
      ],
    }),
};

function say(body: Value, block: object): void {
  (body["messages"] as { content: object[] }[])[0]?.content.push(block);
}

function offer(body: Value, ...types: string[]): void {
  body["tools"] = [...((body["tools"] ?? []) as object[]), ...types.map((type) => ({ type, name: type }))];
}

function bodyOf(pieces: readonly string[], maxTokens: number): Value {
  const messages = [{ role: "user", content: [{ type: "text", text: "Hi" }] }];
  const body: Value = { model: MODEL, max_tokens: maxTokens, messages };
  for (const piece of pieces) PIECES[piece]?.(body);
  return body;
}

let upstream: FakeAnthropic;
let gateway: TestGateway;
let url: string;
let provider: Provider;
/** Requests of each random schedule that the provider billed. */
const billed: number[] = [];

beforeAll(async () => {
  upstream = await FakeAnthropic.start();
});
afterAll(() => upstream.stop());
afterEach(() => gateway.close());

async function start(random: Random, limitNano: number | null): Promise<void> {
  provider = new Provider(random, random.next() < 0.5);
  const current = provider;
  upstream.script = (response, request) => answerWith(current.answer(request.body))(response, request);
  const deployment = anthropicDeployment({
    baseUrl: upstream.url,
    maxInputTokens: WINDOW,
    prices: {
      inputPicoUsd: 3_000_000,
      outputPicoUsd: 15_000_000,
      cacheReadPicoUsd: 300_000,
      cacheWritePicoUsd: 3_750_000,
      cacheWrite1hPicoUsd: 6_000_000,
      usPercent: US_PERCENT,
    },
  });
  gateway = buildTestGateway({ deployments: [deployment] });
  url = await gateway.listen();
  await gateway.addKey(KEY, { maxBudgetNanoUsd: limitNano });
}

async function ask(body: Value): Promise<number> {
  const response = await fetch(`${url}/v1/messages`, {
    method: "POST",
    headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  await response.text();
  return response.status;
}

const recordedNano = () =>
  [...gateway.audit.rows.values()].reduce((sum, { costNanoUsd }) => sum + (costNanoUsd ?? 0), 0);

/** As many at once as there are, until nothing more is let through. */
async function exhaust(bodies: () => Value, rounds: number): Promise<number[]> {
  const statuses: number[] = [];
  for (let round = 0; round < rounds; round += 1)
    statuses.push(...(await Promise.all(Array.from({ length: 25 }, () => ask(bodies())))));
  return statuses;
}

describe.each(Object.keys(PIECES))("with %s", (piece) => {
  test("a budget is not overrun, and pays what is billed", async () => {
    await start(new Random(7), 500_000_000);
    await exhaust(() => bodyOf([piece], 1), 2);
    expect(provider.billedNano).toBeLessThanOrEqual(500_000_000);
    expect(recordedNano()).toBe(provider.billedNano);
  });

  test("a key without a budget is served, and recorded with what is billed", async () => {
    await start(new Random(11), null);
    const statuses = await Promise.all(Array.from({ length: 3 }, () => ask(bodyOf([piece], 100))));
    expect(statuses).toEqual([200, 200, 200]);
    expect(provider.billedNano).toBeGreaterThan(0);
    expect(recordedNano()).toBe(provider.billedNano);
  });
});

test.each(Array.from({ length: 25 }, (_, index) => index + 1))(
  "random requests against a random budget, %s: never above it, never free",
  async (seed) => {
    const random = new Random(seed);
    const limitNano = random.pick([2_000_000, 50_000_000, 1_000_000_000, 12_000_000_000]);
    await start(random, limitNano);
    const names = Object.keys(PIECES);
    const draw = () =>
      bodyOf(
        names.filter(() => random.next() < 0.15),
        random.pick([1, 50, 5000, Number.MAX_SAFE_INTEGER]),
      );
    const statuses = new Set(await exhaust(draw, 3));
    expect([...statuses].filter((status) => ![200, 400, 402, 429].includes(status))).toEqual([]);
    expect(provider.billedNano).toBeLessThanOrEqual(limitNano);
    expect(recordedNano()).toBe(provider.billedNano);
    expect(gateway.ledger.reservedNano).toBe(0);
    billed.push(provider.requests);
  },
);

test("and most of those budgets let something through", () => {
  expect(billed.filter((requests) => requests > 0).length).toBeGreaterThan(billed.length / 2);
});
