import { once } from "node:events";
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { encodeEvents, type FakeEvent } from "../services/fake-anthropic";
import { LocalServer } from "../services/local-server";

/** USD a million tokens, times 10⁶: what the provider bills, in nano-USD a token. */
const INPUT_NANO = 3000;
const OUTPUT_NANO = 15_000;
/** Text that counts as this many tokens with the gateway, too: three bytes for each. */
const PIECE = "x".repeat(300);
const PIECE_TOKENS = 100;

/** What the provider was sent. */
export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** How the provider plays one request. It bills nothing but what the play says with `turn.generate`, and the input. */
export type Play = (turn: Turn, received: Received) => void | Promise<void>;

/** What requests of one play came to, in nano-USD. */
export interface Bill {
  readonly billed: number;
  /** What they could have been billed at most, by what was asked for: a token for each byte, written to a cache for an hour. */
  readonly most: number;
}

/**
 * An Anthropic API with a bill of its own, which is the truth of the money tests: the input of every request that it
 * gets, and the tokens that it generates. A prompt that says `play <name>` gets what `plays` has under that name, every
 * other one an honest, short answer.
 */
export class BillingProvider {
  readonly plays = new Map<string, Play>();
  readonly #turns: Turn[] = [];
  readonly #server = new LocalServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("error", () => {});
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      const turn = new Turn(body, response);
      this.#turns.push(turn);
      const play = this.plays.get(turn.playName) ?? answerShortly;
      // A client that leaves in the middle of a play ends it.
      Promise.resolve(play(turn, { headers: request.headers, body })).catch((error: unknown) => {
        if (!turn.hasLeft) throw error;
      });
    });
  });

  static async start(): Promise<BillingProvider> {
    const provider = new BillingProvider();
    await provider.#server.listen();
    return provider;
  }

  get url(): string {
    return this.#server.url;
  }

  get requests(): number {
    return this.#turns.length;
  }

  /** Everything it ever billed, in nano-USD. */
  get billedNano(): number {
    return sum(this.#turns.map(({ billedNano }) => billedNano));
  }

  /** What requests that said `play <name>` came to. */
  billOf(name: string): Bill {
    const turns = this.#turns.filter(({ playName }) => playName === name);
    return {
      billed: sum(turns.map((turn) => turn.billedNano)),
      most: sum(turns.map((turn) => turn.mostNano)),
    };
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }
}

/** One request, and the answer to it. */
export class Turn {
  readonly inputTokens: number;
  readonly maxTokens: number;
  readonly playName: string;
  /** Resolves when the gateway has left, or the answer has ended. */
  readonly over: Promise<void>;
  #generated = 0;
  #isRefused = false;

  /** What the request could be billed at most, in nano-USD. */
  readonly mostNano: number;

  constructor(
    body: Buffer,
    readonly response: ServerResponse,
  ) {
    // Not parsed: some bodies are so large that it would take the time of those who measure.
    const text = body.toString("latin1");
    this.maxTokens = Number(/"max_tokens":(\d+)/.exec(text)?.[1] ?? 1);
    this.playName = /\bplay ([\w-]+)/.exec(text)?.[1] ?? "";
    this.inputTokens = Math.ceil(body.length / 4);
    this.mostNano = body.length * 2 * INPUT_NANO + this.maxTokens * OUTPUT_NANO;
    this.over = once(response, "close").then(() => {});
  }

  /** Tokens of the answer so far. */
  get generatedTokens(): number {
    return this.#generated;
  }

  get hasLeft(): boolean {
    return this.response.destroyed;
  }

  begin(): void {
    this.response.writeHead(200, { "content-type": "text/event-stream", "request-id": "req_billing" });
  }

  /** Resolves when the gateway takes more, or has left. */
  send(...events: readonly FakeEvent[]): Promise<void> {
    return this.sendText(encodeEvents(events));
  }

  /** As `send`, of events in their wire form. */
  async sendText(text: string): Promise<void> {
    if (this.hasLeft || this.response.write(text)) return;
    await Promise.race([once(this.response, "drain"), this.over]);
  }

  /** Bills tokens of the answer. */
  generate(tokens: number): void {
    this.#generated += tokens;
  }

  /** Answers with an error, and bills nothing. */
  refuse(status: number, message: string, headers: Readonly<Record<string, string>> = {}): void {
    this.#isRefused = true;
    this.response.writeHead(status, { "content-type": "application/json", ...headers });
    this.response.end(JSON.stringify({ type: "error", error: { type: "invalid_request_error", message } }));
  }

  /** The input, and what has been generated so far, in nano-USD. */
  get billedNano(): number {
    if (this.#isRefused) return 0;
    return this.inputTokens * INPUT_NANO + this.#generated * OUTPUT_NANO;
  }

  /** The first two events of an answer, honest or with another `usage`; `null` for none. */
  start(usage: object | null = { input_tokens: this.inputTokens, output_tokens: 1 }): [FakeEvent, FakeEvent] {
    const message = {
      ...{ id: "msg_1", type: "message", role: "assistant", content: [] },
      model: "claude-sonnet-4-5-20250929",
      ...(usage === null ? {} : { usage }),
    };
    return [
      { type: "message_start", message },
      { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    ];
  }

  /** Generates a hundred tokens, and the event that says them. */
  piece(): FakeEvent {
    this.generate(PIECE_TOKENS);
    return { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: PIECE } };
  }

  /** The last three events of an answer, honest or with another `usage`; `null` for none. */
  finish(usage: object | null = { output_tokens: this.#generated }): [FakeEvent, FakeEvent, FakeEvent] {
    const delta = { stop_reason: "end_turn", stop_sequence: null };
    return [
      { type: "content_block_stop", index: 0 },
      { type: "message_delta", delta, ...(usage === null ? {} : { usage }) },
      { type: "message_stop" },
    ];
  }

  /** Ends the answer. */
  end(): void {
    this.response.end();
  }
}

/** An honest answer: as many pieces as fit into what was asked for, `pauseMs` before each. */
export function answerInPieces(count: number, pauseMs: number): Play {
  return async (turn) => {
    turn.begin();
    await turn.send(...turn.start());
    for (let said = 0; said < count && turn.generatedTokens + PIECE_TOKENS <= turn.maxTokens; said += 1) {
      await wait(pauseMs);
      if (turn.hasLeft) return;
      await turn.send(turn.piece());
    }
    await turn.send(...turn.finish());
    turn.end();
  };
}

const TOKEN = encodeEvents([
  { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "abc" } },
]);
const TOKENS_AT_ONCE = 100;

/** An honest answer of all the tokens that it may have, each in an event of its own, as fast as they are taken. */
export const answerTokenByToken: Play = async (turn) => {
  turn.begin();
  await turn.send(...turn.start());
  const tokens = TOKEN.repeat(TOKENS_AT_ONCE);
  while (turn.generatedTokens + TOKENS_AT_ONCE <= turn.maxTokens && !turn.hasLeft) {
    turn.generate(TOKENS_AT_ONCE);
    await turn.sendText(tokens);
  }
  await turn.send(...turn.finish());
  turn.end();
};

const answerShortly: Play = (turn) => {
  turn.begin();
  turn.generate(Math.min(10, turn.maxTokens));
  const said = { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "answer" } };
  turn.response.end(encodeEvents([...turn.start(), said, ...turn.finish()]));
};

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
