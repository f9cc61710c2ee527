import type { IncomingMessage, ServerResponse } from "node:http";
import { chunkFrame, exceptionFrame } from "./aws-frames";
import { encodeEvents, type FakeEvent } from "./fake-anthropic";
import { LocalServer } from "./local-server";
import type { Random } from "./random";

/** What a provider does with one message that it is sent. */
export interface BillDraw {
  /**
   * `answers`; `refuses`, before any work; `breaks`, cuts the connection; `fails`, and says so; `stalls`, sends nothing more;
   * `is left`, because the client hangs up. All but the first two after `events` events, which may be none.
   */
  readonly ending: "answers" | "refuses" | "breaks" | "fails" | "stalls" | "is left";
  readonly events: number;
  /** What it says of what it bills. */
  readonly usage: UsageTold;
  /** Part of the allowed answer that it makes, from 0 to 1. */
  readonly share: number;
  /** Tokens of what it tells the model of tools, where there are some. */
  readonly hiddenTokens: number;
  /** Part of the prompt that is read from the cache, where the request asks for one. */
  readonly cachedShare: number;
  /** Status of a refusal, or of a failure before the first event. */
  readonly status: number;
}

/** How a provider tells what it bills. */
export type UsageTold =
  | "as it is"
  | "at the end"
  | "in iterations"
  | "not at all"
  | "negative"
  | "as text"
  | "beyond all measure"
  | "as fractions"
  | "as zeros"
  | "and then zero";

const USAGES: readonly UsageTold[] = [
  "as it is",
  "as it is",
  "as it is",
  "at the end",
  "in iterations",
  "not at all",
  "negative",
  "as text",
  "beyond all measure",
  "as fractions",
  "as zeros",
  "and then zero",
];
const REFUSALS = [400, 401, 404, 413, 429, 503, 529];
const FAILURES = [408, 500, 502, 504];

/** Known hidden prompts of tools have from 346 to 735 tokens. */
const HIDDEN_TOKENS = [346, 735] as const;

/** Draws what a provider does. @param hasTime whether it may also stall, which takes as long as the gateway waits */
export function drawBill(random: Random, hasTime: boolean): BillDraw {
  const ending = random.pick([
    "answers",
    "answers",
    "answers",
    "refuses",
    "breaks",
    "fails",
    "is left",
    "is left",
    ...(hasTime ? (["stalls"] as const) : []),
  ] as const);
  return {
    ending,
    events: random.int(0, 10),
    usage: random.pick(USAGES),
    share: random.next(),
    hiddenTokens: random.int(...HIDDEN_TOKENS),
    cachedShare: random.pick([0, 0, 0.5, 0.95]),
    status: random.pick(ending === "refuses" ? REFUSALS : FAILURES),
  };
}

/** Prices of a provider, in pico-USD a token. */
export interface BillPrices {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly cacheWrite1h: number;
}

/** What is known of a message that came. */
interface Message {
  readonly id: string;
  readonly maxTokens: number;
  readonly prompt: {
    readonly plain: number;
    readonly read: number;
    readonly write: number;
    readonly write1h: number;
  };
  readonly isBedrock: boolean;
  readonly prices: BillPrices;
}

export interface BillingProviderProps {
  /** First part of a path → prices of what is asked there. One that begins with `bedrock` is Bedrock: it bills what it began. */
  readonly places: Readonly<Record<string, BillPrices>>;
  /** What to do with a message. @param id of the request, from its header or text @param attempt from 1 */
  readonly draw: (id: string, attempt: number) => BillDraw;
}

/** Bytes of text for each token: English has about 4. */
const BYTES_PER_TOKEN = 4;

/**
 * Anthropic and Bedrock with a bill of their own, which need not be what they tell: the independent side of the money tests.
 * A request says which one it is in its text, as `request <id>;`.
 */
export class BillingProvider {
  /** Request → what it was billed so far, in nano-USD. */
  readonly billedNano = new Map<string, number>();
  /** Request → messages that came for it. */
  readonly attempts = new Map<string, number>();
  /** Called when the client of a request is to hang up. @param seen texts that must have come to it before */
  onLeave: (id: string, seen: readonly string[]) => void = () => {};
  readonly #server = new LocalServer((request, response) => void this.#handle(request, response));

  private constructor(readonly props: BillingProviderProps) {}

  static async start(props: BillingProviderProps): Promise<BillingProvider> {
    const provider = new BillingProvider(props);
    await provider.#server.listen();
    return provider;
  }

  get url(): string {
    return this.#server.url;
  }

  /** What all requests with this beginning of their id were billed, in nano-USD. */
  totalNano(prefix: string): number {
    let sum = 0;
    for (const [id, nano] of this.billedNano) if (id.startsWith(prefix)) sum += nano;
    return sum;
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const id = /request ([\w-]+);/.exec(body.toString("latin1"))?.[1] ?? "unknown";
    const attempt = (this.attempts.get(id) ?? 0) + 1;
    this.attempts.set(id, attempt);
    const place = (request.url ?? "").split("/")[1] ?? "";
    const prices = this.props.places[place];
    if (prices === undefined) throw new Error(`no place ${place}`);
    const draw = this.props.draw(id, attempt);
    const message = read(id, body, draw, prices, place.startsWith("bedrock"));
    if (draw.ending === "refuses") refuse(response, draw.status, message.isBedrock);
    else await this.#answer(response, draw, message);
  }

  async #answer(response: ServerResponse, draw: BillDraw, message: Message): Promise<void> {
    const output = Math.max(1, Math.floor(message.maxTokens * draw.share));
    const { events, tokensAfter, textsAfter } = makeAnswer(draw, message, output);
    const count = draw.ending === "answers" ? events.length : Math.min(draw.events, events.length - 1);
    if (draw.ending === "fails" && count === 0) {
      this.#bill(message, 0);
      refuse(response, draw.status, message.isBedrock);
      return;
    }
    // Bedrock makes and bills all of it, whatever becomes of the connection; a model that failed makes no more.
    const isWhole = draw.ending === "answers" || (message.isBedrock && draw.ending !== "fails");
    this.#bill(message, isWhole ? output : (tokensAfter[count] ?? 0));
    const write = (sent: readonly FakeEvent[]) =>
      new Promise<void>((resolve) => {
        const bytes = message.isBedrock
          ? Buffer.concat(sent.map(chunkFrame))
          : Buffer.from(encodeEvents(sent));
        if (bytes.length === 0) resolve();
        else response.write(bytes, () => resolve());
      });
    if (count > 0 || draw.ending === "answers") {
      const type = message.isBedrock ? "application/vnd.amazon.eventstream" : "text/event-stream";
      response.writeHead(200, { "content-type": type });
    }
    await write(events.slice(0, count));
    if (draw.ending === "answers") response.end();
    else if (draw.ending === "breaks") response.destroy();
    else if (draw.ending === "fails")
      response.end(
        message.isBedrock
          ? exceptionFrame("modelStreamErrorException", "")
          : encodeEvents([{ type: "error", error: { type: "api_error", message: "" } }]),
      );
    else if (draw.ending === "is left") {
      this.onLeave(message.id, textsAfter[count] ?? []);
      // Whoever reads on gets the rest.
      if (!message.isBedrock) return;
      if (count === 0) response.writeHead(200, { "content-type": "application/vnd.amazon.eventstream" });
      await write(events.slice(count));
      response.end();
    }
  }

  #bill({ id, prompt, prices }: Message, outputTokens: number): void {
    const picoUsd =
      prompt.plain * prices.input +
      prompt.read * prices.cacheRead +
      prompt.write * prices.cacheWrite +
      prompt.write1h * prices.cacheWrite1h +
      outputTokens * prices.output;
    this.billedNano.set(id, (this.billedNano.get(id) ?? 0) + Math.ceil(picoUsd / 1000));
  }
}

function read(id: string, bytes: Buffer, draw: BillDraw, prices: BillPrices, isBedrock: boolean): Message {
  const body = JSON.parse(bytes.toString("utf8")) as { max_tokens: number; tools?: unknown[] };
  const text = bytes.toString("latin1");
  const hidden = (body.tools?.length ?? 0) > 0 ? draw.hiddenTokens : 0;
  const tokens = Math.ceil(bytes.length / BYTES_PER_TOKEN) + hidden;
  const isCached = text.includes('"cache_control"');
  const isLong = text.includes('"ttl":"1h"');
  const readTokens = isCached ? Math.floor(tokens * draw.cachedShare) : 0;
  const written = tokens - readTokens;
  return {
    id,
    maxTokens: body.max_tokens,
    prompt: {
      plain: isCached ? 0 : tokens,
      read: readTokens,
      write: isCached && !isLong ? written : 0,
      write1h: isCached && isLong ? written : 0,
    },
    isBedrock,
    prices,
  };
}

/** Pieces of text an answer has at most. */
const PIECES = 6;

interface Answer {
  readonly events: readonly FakeEvent[];
  /** Number of events → tokens that they hold. */
  readonly tokensAfter: readonly number[];
  /** Number of events → their texts. */
  readonly textsAfter: readonly (readonly string[])[];
}

function makeAnswer(draw: BillDraw, { id, prompt }: Message, output: number): Answer {
  const counted = {
    input_tokens: prompt.plain,
    cache_read_input_tokens: prompt.read,
    cache_creation_input_tokens: prompt.write + prompt.write1h,
    cache_creation: {
      ephemeral_5m_input_tokens: prompt.write,
      ephemeral_1h_input_tokens: prompt.write1h,
    },
  };
  const atStart = tell(draw.usage, { ...counted, output_tokens: 1 }, true);
  const atEnd = tell(draw.usage, endOf(draw.usage, counted, output), false);
  const pieces = Math.min(PIECES, output);
  const tokensOf = (index: number) =>
    Math.floor(((index + 1) * output) / pieces) - Math.floor((index * output) / pieces);
  const events: FakeEvent[] = [];
  const tokensAfter = [0];
  const textsAfter: (readonly string[])[] = [[]];
  const add = (event: FakeEvent, tokens = 0, text?: string) => {
    events.push(event);
    tokensAfter.push((tokensAfter.at(-1) ?? 0) + tokens);
    textsAfter.push(text === undefined ? (textsAfter.at(-1) ?? []) : [...(textsAfter.at(-1) ?? []), text]);
  };
  add({
    type: "message_start",
    message: {
      id: `msg_${id}`,
      type: "message",
      role: "assistant",
      model: "claude-sonnet-4-5-20250929",
      content: [],
      ...atStart,
    },
  });
  add({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } });
  for (let index = 0; index < pieces; index += 1) {
    const mark = `<${id}.${index}>`;
    const tokens = tokensOf(index);
    add(
      {
        type: "content_block_delta",
        index: 0,
        delta: { type: "text_delta", text: mark.padEnd(tokens * BYTES_PER_TOKEN, " word") },
      },
      tokens,
      mark,
    );
  }
  add({ type: "content_block_stop", index: 0 });
  add({ type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, ...atEnd });
  if (draw.usage === "and then zero")
    add({ type: "message_delta", delta: {}, usage: { input_tokens: 0, output_tokens: 0 } });
  add({ type: "message_stop" });
  return { events, tokensAfter, textsAfter };
}

/** What the end says where it says what is. Of an answer that was made in several turns it counts the last one itself. */
function endOf(told: UsageTold, counted: Record<string, unknown>, output: number): Record<string, unknown> {
  if (told === "at the end") return { ...counted, output_tokens: output };
  if (told !== "in iterations") return { output_tokens: output };
  const early = Math.floor(output / 2);
  const last = { input_tokens: 0, output_tokens: output - early };
  return { output_tokens: output - early, iterations: [{ ...counted, output_tokens: early }, last] };
}

function tell(told: UsageTold, usage: Record<string, unknown>, isStart: boolean): { usage?: unknown } {
  const all = (change: (count: number) => unknown): { usage: unknown } => ({
    usage: Object.fromEntries(
      Object.entries(usage).flatMap(([name, count]) =>
        typeof count === "number" ? [[name, change(count)]] : [],
      ),
    ),
  });
  switch (told) {
    case "not at all":
      return {};
    case "at the end":
      return isStart ? {} : { usage };
    case "negative":
      return all((count) => -1 - count);
    case "as text":
      return all(String);
    case "beyond all measure":
      return all(() => 1e30);
    case "as fractions":
      return all((count) => count + 0.5);
    case "as zeros":
      return all(() => 0);
    default:
      return { usage };
  }
}

function refuse(response: ServerResponse, status: number, isBedrock: boolean): void {
  response.writeHead(status, { "content-type": "application/json" });
  const error = { type: "error", error: { type: "api_error", message: "as drawn" } };
  response.end(JSON.stringify(isBedrock ? { message: "as drawn" } : error));
}
