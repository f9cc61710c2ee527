import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { chunkFrame } from "./aws-frames";
import { encodeEvents, type FakeEvent, messageEvents } from "./fake-anthropic";
import { LocalServer } from "./local-server";
import { type KnownKeys, verifyAwsSignature } from "./verify-aws-signature";

/** What the fake saw of one request whose signature was right. */
export interface BedrockRequest {
  /** As it was sent, encoded. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
  /** Resolves when the connection closes before the answer has ended. */
  readonly aborted: Promise<void>;
}

/** How the fake answers one request. */
export type BedrockScript = (response: ServerResponse, request: BedrockRequest) => void;

/**
 * A Bedrock runtime that verifies each signature (or API key) and sends real frames. It refuses what InvokeModel
 * is documented to refuse. What it cannot prove is that AWS's own service accepts the same.
 */
export class FakeBedrock {
  readonly requests: BedrockRequest[] = [];
  readonly refusals: string[] = [];
  script: BedrockScript = answerWithFrames(messageEvents(["Hello", " from Bedrock"]));
  readonly #server = new LocalServer((request, response) => void this.#handle(request, response));

  private constructor(
    readonly region: string,
    readonly keys: KnownKeys,
    readonly apiKey: string | undefined,
  ) {}

  static async start(region: string, keys: KnownKeys, apiKey?: string): Promise<FakeBedrock> {
    const fake = new FakeBedrock(region, keys, apiKey);
    await fake.#server.listen();
    return fake;
  }

  get url(): string {
    return this.#server.url;
  }

  get lastRequest(): BedrockRequest {
    const last = this.requests.at(-1);
    if (last === undefined) throw new Error(`the fake took no request; refused: ${this.refusals.join("; ")}`);
    return last;
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks);
    const refusal = this.#refuse(request, raw);
    if (refusal !== undefined) {
      this.refusals.push(refusal.join(": "));
      failWithException(403, ...refusal)(response);
      return;
    }
    const path = request.url ?? "";
    const body = JSON.parse(raw.toString("utf8")) as Record<string, unknown>;
    const aborted = new Promise<void>((resolve) => {
      response.once("close", () => {
        if (!response.writableFinished) resolve();
      });
    });
    const recorded = { path, headers: request.headers, body, aborted };
    this.requests.push(recorded);
    const wrong = path.startsWith("/model/") ? findExtraInput(body) : undefined;
    if (wrong === undefined) this.script(response, recorded);
    else failWithException(400, "ValidationException", wrong)(response);
  }

  #refuse(request: IncomingMessage, body: Buffer): readonly [string, string] | undefined {
    if (request.headers.authorization === `Bearer ${this.apiKey}`) return undefined;
    return verifyAwsSignature(request, body, this.keys, { region: this.region, service: "bedrock" });
  }
}

function findExtraInput(body: Record<string, unknown>): string | undefined {
  if (body["anthropic_version"] !== "bedrock-2023-05-31") return "anthropic_version: Field required";
  const extra = ["model", "stream", "metadata", "service_tier"].find((field) => field in body);
  return extra === undefined ? undefined : `${extra}: Extra inputs are not permitted`;
}

/** All events as frames, in one piece. */
export function answerWithFrames(events: readonly object[]): BedrockScript {
  return (response) => sendFrames(response, events).end();
}

/** Frames, and then nothing more; the connection stays open. */
export function stallAfterFrames(events: readonly object[]): BedrockScript {
  return (response) => void sendFrames(response, events);
}

/** Frames and whatever else. */
export function sendFrames(
  response: ServerResponse,
  events: readonly object[],
  more?: Buffer,
): ServerResponse {
  response.writeHead(200, { "content-type": "application/vnd.amazon.eventstream" });
  response.write(Buffer.concat([...events.map(chunkFrame), ...(more === undefined ? [] : [more])]));
  return response;
}

/** Server-sent events, as Bedrock's Messages route has them. */
export function answerWithEvents(events: readonly FakeEvent[]): BedrockScript {
  return (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(encodeEvents(events));
  };
}

/** An AWS error. @param exception such as `ThrottlingException` */
export function failWithException(status: number, exception: string, message: string) {
  return (response: ServerResponse): void => {
    response.writeHead(status, {
      "content-type": "application/json",
      "x-amzn-errortype": `${exception}:http://internal.amazon.com/coral/com.amazon.bedrock/`,
    });
    response.end(JSON.stringify({ message }));
  };
}
