import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { LocalServer } from "./local-server";

/** What the fake saw of one request. */
export interface RecordedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
  /** Resolves when the connection of this request closes before its answer has ended. */
  readonly aborted: Promise<void>;
}

/** How the fake answers one request. */
export type Script = (response: ServerResponse, request: RecordedRequest) => void | Promise<void>;

/**
 * An Anthropic API that does as it is told. It proves how the gateway treats what it gets; it does not prove
 * that the real API accepts what the gateway sends, nor that the real one ever behaves like a script here.
 */
export class FakeAnthropic {
  readonly requests: RecordedRequest[] = [];
  /** Answers every request. @default a short message */
  script: Script = answerWith(messageEvents(["Hello", " world"]));
  readonly #server = new LocalServer((request, response) => void this.#handle(request, response));

  static async start(): Promise<FakeAnthropic> {
    const fake = new FakeAnthropic();
    await fake.#server.listen();
    return fake;
  }

  get url(): string {
    return this.#server.url;
  }

  get lastRequest(): RecordedRequest {
    const last = this.requests.at(-1);
    if (last === undefined) throw new Error("the fake got no request");
    return last;
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const aborted = new Promise<void>((resolve) => {
      response.once("close", () => {
        if (!response.writableFinished) resolve();
      });
    });
    const recorded: RecordedRequest = {
      path: request.url ?? "",
      headers: request.headers,
      body: JSON.parse(Buffer.concat(chunks).toString("utf8")) as Record<string, unknown>,
      aborted,
    };
    this.requests.push(recorded);
    await this.script(response, recorded);
  }
}

/** An event of the Messages API. */
export type FakeEvent = { readonly type: string; readonly [field: string]: unknown };

/** Usage of `messageEvents`: 10 plain, 3 cache-write, 4 cache-read and 7 output tokens. */
const FAKE_USAGE = { input_tokens: 10, cache_creation_input_tokens: 3, cache_read_input_tokens: 4 };
const FAKE_OUTPUT_TOKENS = 7;

/** A whole message, one delta for each text. */
export function messageEvents(texts: readonly string[], stopReason = "end_turn"): FakeEvent[] {
  return [
    messageStart(),
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    { type: "ping" },
    ...texts.map(textDelta),
    { type: "content_block_stop", index: 0 },
    {
      type: "message_delta",
      delta: { stop_reason: stopReason, stop_sequence: null },
      usage: { output_tokens: FAKE_OUTPUT_TOKENS },
    },
    { type: "message_stop" },
  ];
}

export function messageStart(): FakeEvent {
  return {
    type: "message_start",
    message: {
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: "claude-sonnet-4-5-20250929",
      content: [],
      usage: { ...FAKE_USAGE, output_tokens: 1 },
    },
  };
}

export function textDelta(text: string): FakeEvent {
  return { type: "content_block_delta", index: 0, delta: { type: "text_delta", text } };
}

export function encodeEvents(events: readonly FakeEvent[]): string {
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
}

/** Sends events in one piece and ends. */
export function answerWith(events: readonly FakeEvent[]): Script {
  return (response) => {
    beginEvents(response);
    response.end(encodeEvents(events));
  };
}

/** Sends events and then nothing more; the connection stays open. */
export function stallAfter(events: readonly FakeEvent[]): Script {
  return (response) => {
    beginEvents(response);
    response.write(encodeEvents(events));
  };
}

/** Sends events and cuts the connection. */
export function dropAfter(events: readonly FakeEvent[]): Script {
  return (response) => {
    beginEvents(response);
    response.write(encodeEvents(events), () => response.destroy());
  };
}

/** Answers with an error status, in Anthropic's shape. */
export function failWith(
  status: number,
  type: string,
  message: string,
  headers: Record<string, string> = {},
): Script {
  return (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify({ type: "error", error: { type, message } }));
  };
}

function beginEvents(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream", "request-id": "req_fake" });
}
