import { encodeEvents } from "./fake-anthropic";
import { LocalServer } from "./local-server";

/** USD a million tokens, times 10⁶: what the provider bills, in nano-USD a token. */
const INPUT_NANO = 3000;
const OUTPUT_NANO = 15_000;

/**
 * An Anthropic API with a bill of its own: it answers with at most as many tokens as it is asked for and adds up
 * what they cost, from the moment it has the request. The independent side of the money tests.
 */
export class MeteredProvider {
  /** Everything it ever billed, in nano-USD. */
  billedNano = 0;
  /** The tokens of that, in and out. */
  billedTokens = 0;
  requests = 0;
  #running = 0;
  /** Most requests that ever ran at the same time. */
  mostAtOnce = 0;
  /** How long an answer takes, in milliseconds. */
  delayMs = 20;
  /** Which part of the allowed tokens an answer has, from 0 to 1. */
  share = () => 1;
  readonly #server = new LocalServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      const { max_tokens: allowed } = JSON.parse(body.toString("utf8")) as { max_tokens: number };
      const input = Math.ceil(body.length / 4);
      const output = Math.max(1, Math.floor(allowed * this.share()));
      this.billedNano += input * INPUT_NANO + output * OUTPUT_NANO;
      this.billedTokens += input + output;
      this.requests += 1;
      this.#running += 1;
      this.mostAtOnce = Math.max(this.mostAtOnce, this.#running);
      setTimeout(() => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        this.#running -= 1;
        response.end(encodeEvents(answer(input, output)));
      }, this.delayMs);
    });
  });

  static async start(): Promise<MeteredProvider> {
    const provider = new MeteredProvider();
    await provider.#server.listen();
    return provider;
  }

  get url(): string {
    return this.#server.url;
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }
}

function answer(input: number, output: number) {
  const usage = { input_tokens: input, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
  return [
    {
      type: "message_start",
      message: {
        id: "msg_1",
        type: "message",
        role: "assistant",
        model: "claude-sonnet-4-5-20250929",
        content: [],
        usage: { ...usage, output_tokens: 1 },
      },
    },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "answer" } },
    { type: "content_block_stop", index: 0 },
    {
      type: "message_delta",
      delta: { stop_reason: "end_turn", stop_sequence: null },
      usage: { output_tokens: output },
    },
    { type: "message_stop" },
  ];
}
